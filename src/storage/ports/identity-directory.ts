import type { AuditEntry } from "./audit-log.ts";
import type { Account } from "../../protocol/owner.ts";
import type { Page, PageRequest } from "../../protocol/query-api/pages.ts";
import type { QueryErrorCode } from "../../protocol/query-api/query-error.ts";
import type { TagSet } from "../../protocol/tag-set.ts";
import type {
  AccessKeyRecord,
  AccessKeyStatus,
  AccessKeyUse,
  AccountUsage,
  AuthorizationDetail,
  EntityPolicies,
  EntityKind,
  EntityRecord,
  GroupDraft,
  GroupRecord,
  InlinePolicy,
  ManagedPolicyRecord,
  OidcProviderRecord,
  PolicyDraft,
  PolicyEntity,
  PolicyUsage,
  PolicyVersionRecord,
  Renaming,
  RoleChange,
  RoleDraft,
  RoleRecord,
  UserDraft,
  UserRecord,
} from "./identity-records.ts";

/** Whose identities a call is about. */
export interface AccountScope {
  readonly account: Account;
  /** It is the one of the deployment's settings: the Directory learns of it from the call. */
  readonly isDeployments?: boolean;
  /** Of calls that change something: it goes into the audit log along with the change. */
  readonly audit?: AuditEntry;
}

/** Which part of a list is asked for: what is below a path. */
export interface ListRequest extends PageRequest {
  readonly pathPrefix: string;
}

export interface PoliciesRequest extends ListRequest {
  readonly onlyAttached: boolean;
  /** Those that are attached to somebody, or that bound somebody. */
  readonly usage: "boundary" | "permissions" | undefined;
}

export interface EntitiesRequest extends ListRequest {
  readonly kinds: readonly EntityKind[];
  readonly usage: "boundary" | "permissions" | undefined;
}

export interface DetailsRequest extends PageRequest {
  readonly kinds: readonly AuthorizationDetail["kind"][];
}

/** An access key that was made: its secret is sealed by the gateway, so that the Directory cannot read it. */
export interface NewAccessKey {
  readonly accessKeyId: string;
  readonly sealedSecret: Uint8Array;
}

/** A policy that is to be attached. The Directory does not know AWS's own: the gateway vouches for them. */
export interface PolicyName {
  readonly arn: string;
  readonly isAws: boolean;
}

/** What tags are of: an entity by its name, a policy or a provider by its ARN. */
export interface Tagged {
  readonly kind: "policy" | "provider" | "role" | "user";
  readonly name: string;
}

/**
 * What may be asked about the identities of an account. Each is one transaction. Names are found whatever their case.
 * Refusals are those of the IAM actions that are named like the calls, or in plural.
 */
export interface IdentityCalls {
  createUser(draft: UserDraft): UserRecord;
  getUser(name: string): UserRecord;
  listUsers(request: ListRequest): Page<UserRecord>;
  updateUser(name: string, renaming: Renaming): void;
  deleteUser(name: string): void;

  createGroup(draft: GroupDraft): GroupRecord;
  /** With a page of its members. */
  getGroup(name: string, request: PageRequest): { group: GroupRecord; users: Page<UserRecord> };
  listGroups(request: ListRequest): Page<GroupRecord>;
  updateGroup(name: string, renaming: Renaming): void;
  deleteGroup(name: string): void;
  addUserToGroup(groupName: string, userName: string): void;
  removeUserFromGroup(groupName: string, userName: string): void;
  listGroupsForUser(userName: string, request: PageRequest): Page<GroupRecord>;

  createRole(draft: RoleDraft): RoleRecord;
  getRole(name: string): RoleRecord;
  listRoles(request: ListRequest): Page<RoleRecord>;
  updateRole(name: string, change: RoleChange): RoleRecord;
  deleteRole(name: string): void;
  /** Of users and roles, by their ARNs. */
  findPrincipals(arns: readonly string[]): readonly PrincipalId[];

  /** Of an entity whose kind is known, what its ARN takes. */
  findEntity(
    kind: EntityKind,
    name: string,
  ): EntityRecord & { readonly tags?: TagSet; readonly boundaryArn?: string };

  /** All policies that decide what an entity may do, its groups' among them. */
  findPolicies(kind: EntityKind, name: string): EntityPolicies;

  /** @param limitCharacters of all that the entity has, without white space */
  putInlinePolicy(
    kind: EntityKind,
    name: string,
    policy: InlinePolicy,
    limitCharacters: number,
  ): void;
  getInlinePolicy(
    kind: EntityKind,
    name: string,
    policyName: string,
  ): InlinePolicy & { readonly entityName: string };
  listInlinePolicies(kind: EntityKind, name: string, request: PageRequest): Page<string>;
  deleteInlinePolicy(kind: EntityKind, name: string, policyName: string): void;

  attachPolicy(kind: EntityKind, name: string, policy: PolicyName): void;
  detachPolicy(kind: EntityKind, name: string, policyArn: string): void;
  /** Their ARNs. */
  listAttachedPolicies(kind: EntityKind, name: string, request: ListRequest): Page<string>;

  createPolicy(draft: PolicyDraft): ManagedPolicyRecord;
  getPolicy(arn: string): ManagedPolicyRecord;
  listPolicies(request: PoliciesRequest): Page<ManagedPolicyRecord>;
  /** Of AWS's own, too. */
  getPolicyUsage(arns: readonly string[]): readonly PolicyUsage[];
  deletePolicy(arn: string): void;
  listEntitiesForPolicy(policy: PolicyName, request: EntitiesRequest): Page<PolicyEntity>;
  createPolicyVersion(arn: string, document: string, isDefault: boolean): PolicyVersionRecord;
  getPolicyVersion(arn: string, version: number): PolicyVersionRecord;
  listPolicyVersions(arn: string, request: PageRequest): Page<PolicyVersionRecord>;
  deletePolicyVersion(arn: string, version: number): void;
  setDefaultPolicyVersion(arn: string, version: number): void;

  /** @param userName undefined: root's, as below */
  createAccessKey(
    userName: string | undefined,
    key: NewAccessKey,
  ): AccessKeyRecord & { readonly userName: string | undefined };
  listAccessKeys(userName: string | undefined, request: PageRequest): Page<AccessKeyRecord>;
  updateAccessKey(userName: string | undefined, accessKeyId: string, status: AccessKeyStatus): void;
  deleteAccessKey(userName: string | undefined, accessKeyId: string): void;
  getAccessKeyUse(accessKeyId: string): AccessKeyUse;

  /** @param policy undefined: it has none any more */
  putBoundary(kind: "role" | "user", name: string, policy: PolicyName | undefined): void;

  tag(tagged: Tagged, tags: TagSet): void;
  untag(tagged: Tagged, keys: readonly string[]): void;
  getTags(tagged: Tagged): TagSet;

  createProvider(draft: Omit<OidcProviderRecord, "createdMs">): void;
  getProvider(arn: string): OidcProviderRecord;
  listProviders(): readonly string[];
  updateProvider(arn: string, change: ProviderChange): void;
  deleteProvider(arn: string): void;

  putAlias(alias: string): void;
  deleteAlias(alias: string): void;
  getAlias(): string | undefined;
  getAccountUsage(): AccountUsage;
  getAuthorizationDetails(request: DetailsRequest): Page<AuthorizationDetail>;
}

/** Lists that an OIDC provider is to have. */
export interface ProviderChange {
  readonly addClientId?: string;
  readonly removeClientId?: string;
  readonly thumbprints?: readonly string[];
}

/** A unique id, or why there is none: `elsewhere`, in an account that is not known here. */
export type PrincipalId = "elsewhere" | "missing" | `A${string}`;

export type IdentityCallName = keyof IdentityCalls;

/** Why nothing was done. */
export interface IdentityRefusal {
  readonly refused: { readonly code: QueryErrorCode; readonly message: string };
}

export interface IdentityAnswer<T> {
  readonly value: T;
  /** The access keys and the unique ids whose records are others from now on; `many`: so many that all are to be asked for again. */
  readonly changed?: readonly string[] | "many";
}

/**
 * Port: the users, groups, roles, and policies of accounts. Authoritative, strongly consistent, rarely asked: what requests
 * are decided by goes by copies of bounded age.
 *
 * @throws QueryError what the Directory refuses
 */
export type IdentityDirectory = <Name extends IdentityCallName>(
  scope: AccountScope,
  name: Name,
  ...args: Parameters<IdentityCalls[Name]>
) => Promise<ReturnType<IdentityCalls[Name]>>;
