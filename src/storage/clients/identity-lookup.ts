import { sha256Hex } from "../../lib/sha256.ts";
import type { AccountDirectory, KeyRecord } from "../ports/account-directory.ts";
import type { AssumableRole, SessionDirectory, SessionRecord } from "../ports/session-directory.ts";
import { type RecordLookup, recordLookup } from "./record-lookup.ts";

/** Whom a session acts for, and which managed policies limit it, as one text: they are read as one. */
export function sessionRecordId(principalId: string, policyArns: readonly string[] = []): string {
  return [principalId, ...policyArns].join(" ");
}

/** Whom access keys and sessions stand for, as one isolate remembers it. */
export interface IdentityLookup {
  /** By access key id. */
  readonly keys: Pick<RecordLookup<KeyRecord>, "read" | "remembered">;
  /** By {@link sessionRecordId}. */
  readonly sessions: Pick<RecordLookup<SessionRecord>, "read" | "remembered">;
  /** By ARN. */
  readonly roles: Pick<RecordLookup<AssumableRole>, "read">;
  /** These access keys, users, roles, and managed policies are others from now on. */
  forget(ids: readonly string[]): Promise<void>;
  /** All may be others from now on. */
  forgetAll(): void;
}

interface LookupOptions {
  /** Undefined on the local server, where the Directory is as near. */
  readonly copies: KVNamespace | undefined;
  readonly maxAgeMs: number;
  /** Whether an access key id is one of those that nobody can invent. */
  readonly isMadeId: (accessKeyId: string) => boolean;
}

/** What unique ids of roles begin with. */
const ROLE_ID = "AROA";

export function identityLookup(
  accounts: Pick<AccountDirectory, "findKey">,
  sessionDirectory: Pick<SessionDirectory, "findRole" | "findSessionRecord">,
  { copies, maxAgeMs, isMadeId }: LookupOptions,
): IdentityLookup {
  const keys = recordLookup<KeyRecord>({
    ask: (accessKeyId) => accounts.findKey(accessKeyId, { knowsUsers: true }),
    copies,
    // A gateway from before there were users would take a user's record for its account's root's: so not `identity-1/`.
    copyKeyOf: (accessKeyId) => `identity-2/${accessKeyId}`,
    maxAgeMs,
    isVouchedFor: isMadeId,
    partsOf: (accessKeyId) => [accessKeyId],
  });
  const sessions = recordLookup<SessionRecord>({
    ask(id) {
      const [principalId = "", ...policyArns] = id.split(" ");
      return sessionDirectory.findSessionRecord(principalId, policyArns);
    },
    copies,
    // A key of KV has 512 bytes at most.
    copyKeyOf: (id) => `principal-1/${id.includes(" ") ? sha256Hex(id) : id}`,
    maxAgeMs,
    // A token that was made here names it.
    isVouchedFor: () => true,
    partsOf: (id) => id.split(" "),
  });
  const roles = recordLookup<AssumableRole>({
    ask: (arn) => sessionDirectory.findRole(arn),
    // Services ask, in bulk: a question for each isolate and minute.
    copies: undefined,
    copyKeyOf: (arn) => arn,
    maxAgeMs,
    // The rules of buckets name it.
    isVouchedFor: () => true,
    partsOf: (arn) => [arn],
  });
  return {
    keys,
    sessions,
    roles,
    async forget(ids) {
      // Whatever their ARNs are: there are few.
      if (ids.some((id) => id.startsWith(ROLE_ID))) roles.forgetAll();
      await Promise.all([keys.forget(ids), sessions.forget(ids)]);
    },
    forgetAll() {
      keys.forgetAll();
      sessions.forgetAll();
      roles.forgetAll();
    },
  };
}
