import type {
  AccountScope,
  IdentityAnswer,
  IdentityCalls,
  IdentityCallName,
  IdentityRefusal,
} from "../../ports/identity-directory.ts";
import { recordEvent } from "../audit.ts";
import * as accessKeys from "./access-keys.ts";
import * as account from "./account.ts";
import { attachPolicy, detachPolicy, listAttachedPolicies } from "./attachments.ts";
import { getAuthorizationDetails } from "./authorization-details.ts";
import { putBoundary } from "./boundaries.ts";
import { type Call, Refusal } from "./call.ts";
import { changedRecords } from "./changed-records.ts";
import * as entities from "./entities.ts";
import * as groups from "./groups.ts";
import * as inlinePolicies from "./inline-policies.ts";
import * as managedPolicies from "./managed-policies.ts";
import { findPolicies } from "./principal.ts";
import * as providers from "./oidc-providers.ts";
import * as versions from "./policy-versions.ts";
import * as roles from "./roles.ts";
import { tag, getTags, untag } from "./tags.ts";
import * as users from "./users.ts";

/** Everything that may be asked about identities, by its name. */
const CALLS: {
  readonly [Name in IdentityCallName]: (
    call: Call,
    ...args: Parameters<IdentityCalls[Name]>
  ) => ReturnType<IdentityCalls[Name]>;
} = {
  createUser: users.createUser,
  getUser: users.getUser,
  listUsers: users.listUsers,
  updateUser: users.updateUser,
  deleteUser: users.deleteUser,
  createGroup: groups.createGroup,
  getGroup: groups.getGroup,
  listGroups: groups.listGroups,
  updateGroup: groups.updateGroup,
  deleteGroup: groups.deleteGroup,
  addUserToGroup: groups.addUserToGroup,
  removeUserFromGroup: groups.removeUserFromGroup,
  listGroupsForUser: groups.listGroupsForUser,
  createRole: roles.createRole,
  getRole: roles.getRole,
  listRoles: roles.listRoles,
  updateRole: roles.updateRole,
  deleteRole: roles.deleteRole,
  findPrincipals: roles.findPrincipals,
  findEntity: entities.findEntity,
  findPolicies,
  putInlinePolicy: inlinePolicies.putInlinePolicy,
  getInlinePolicy: inlinePolicies.getInlinePolicy,
  listInlinePolicies: inlinePolicies.listInlinePolicies,
  deleteInlinePolicy: inlinePolicies.deleteInlinePolicy,
  attachPolicy,
  detachPolicy,
  listAttachedPolicies,
  createPolicy: managedPolicies.createPolicy,
  getPolicy: managedPolicies.getPolicy,
  listPolicies: managedPolicies.listPolicies,
  getPolicyUsage: managedPolicies.getPolicyUsage,
  deletePolicy: managedPolicies.deletePolicy,
  listEntitiesForPolicy: managedPolicies.listEntitiesForPolicy,
  createPolicyVersion: versions.createPolicyVersion,
  getPolicyVersion: versions.getPolicyVersion,
  listPolicyVersions: versions.listPolicyVersions,
  deletePolicyVersion: versions.deletePolicyVersion,
  setDefaultPolicyVersion: versions.setDefaultPolicyVersion,
  createAccessKey: accessKeys.createAccessKey,
  listAccessKeys: accessKeys.listAccessKeys,
  updateAccessKey: accessKeys.updateAccessKey,
  deleteAccessKey: accessKeys.deleteAccessKey,
  getAccessKeyUse: accessKeys.getAccessKeyUse,
  putBoundary,
  tag,
  untag,
  getTags,
  createProvider: providers.createProvider,
  getProvider: providers.getProvider,
  listProviders: providers.listProviders,
  updateProvider: providers.updateProvider,
  deleteProvider: providers.deleteProvider,
  putAlias: account.putAlias,
  deleteAlias: account.deleteAlias,
  getAlias: account.getAlias,
  getAccountUsage: account.getAccountUsage,
  getAuthorizationDetails,
};

const READS = /^(?:find|get|list)/;

/** Runs one of them. @throws Refusal, so that its transaction is rolled back */
export function callIdentities<Name extends IdentityCallName>(
  sql: SqlStorage,
  scope: AccountScope,
  name: Name,
  args: Parameters<IdentityCalls[Name]>,
): IdentityAnswer<ReturnType<IdentityCalls[Name]>> {
  requireAccount(sql, scope);
  const call: Call = { sql, account: scope.account, changed: new Set() };
  const value = CALLS[name](call, ...args);
  if (scope.audit !== undefined && !READS.test(name)) recordEvent(sql, scope.audit);
  return call.changed.size === 0 ? { value } : { value, changed: changedRecords(call) };
}

/** The deployment's own account has a row as soon as it has identities. Any other may have been deleted meanwhile. */
function requireAccount(
  sql: SqlStorage,
  { account: { id, canonicalId, displayName }, isDeployments }: AccountScope,
): void {
  if (sql.exec("SELECT 1 FROM account WHERE id = ?", id).toArray().length > 0) return;
  if (isDeployments !== true)
    throw new Refusal(
      "InvalidClientTokenId",
      "The security token included in the request is invalid.",
    );
  sql.exec(
    `INSERT INTO account (id, canonical_id, display_name, created_ms, origin)
     VALUES (?, ?, ?, ?, 'settings')`,
    id,
    canonicalId,
    displayName,
    Date.now(),
  );
}

/** What a refused call answers; anything else is thrown on. */
export function refusalOf(error: unknown): IdentityRefusal {
  if (error instanceof Refusal) return { refused: { code: error.code, message: error.message } };
  throw error;
}
