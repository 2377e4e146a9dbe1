import type {
  AccountScope,
  IdentityAnswer,
  IdentityCalls,
  IdentityCallName,
  IdentityRefusal,
} from "../../ports/identity-directory.ts";
import { recordEvent } from "../audit.ts";
import { type Call, Refusal } from "./call.ts";
import { changedRecords } from "./changed-records.ts";
import { createUser, deleteUser, getUser, listUsers } from "./users.ts";

/** Everything that may be asked about identities, by its name. */
const CALLS: {
  readonly [Name in IdentityCallName]: (
    call: Call,
    ...args: Parameters<IdentityCalls[Name]>
  ) => ReturnType<IdentityCalls[Name]>;
} = { createUser, deleteUser, getUser, listUsers };

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
function requireAccount(sql: SqlStorage, { account, isDeployments }: AccountScope): void {
  const { id, canonicalId, displayName } = account;
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
