import type { Settings } from "../../env.ts";
import { boundedText } from "../../lib/bounded-text.ts";
import type { MasterKey, SubKeys } from "../../lib/master-key.ts";
import { unseal } from "../../lib/sealed-text.ts";
import { rootOf, userOf } from "../../protocol/caller.ts";
import { S3Error } from "../../protocol/errors.ts";
import { type IdentityLookup, sessionRecordId } from "../../storage/clients/identity-lookup.ts";
import type { Waiter } from "../../lib/waiter.ts";
import type { KeyRecord } from "../../storage/ports/account-directory.ts";
import type { SessionRecord } from "../../storage/ports/session-directory.ts";
import { isSessionKeyId } from "./access-key-id.ts";
import { type FindIdentity, type Identity, invalidToken } from "./identity.ts";
import { rememberKey } from "./key-use.ts";
import { MAX_TOLD_LENGTH } from "./limits.ts";
import { policiesOf } from "./principal-policies.ts";
import { sessionIdentity } from "./session-caller.ts";
import { openSession } from "./session-token.ts";

type Read = (waiter: Waiter) => Promise<Identity | undefined>;

/** Whose key this is has to be looked up first, which takes waiting. */
class UnreadIdentityError extends Error {
  override readonly name = "UnreadIdentityError";
  readonly accessKeyId: string;
  readonly read: Read;

  constructor(accessKeyId: string, read: Read) {
    super(`the access key ${accessKeyId} was not read`);
    this.accessKeyId = accessKeyId;
    this.read = read;
  }
}

/** Whose the access keys are: the settings' root, accounts and users that the Directory knows, and sessions of all of them. */
export interface Identities {
  /** @throws UnreadIdentityError */
  readonly find: FindIdentity;
}

export function identitiesOf(settings: Settings, lookup: IdentityLookup): Identities {
  const { rootCredentials, previousRootCredentials, masterKey, root } = settings;
  const secretKeys = masterKey?.subKeys("secrets");
  /** Of root itself. */
  const ofSettings: SessionRecord = { account: root.account, sessionPolicies: [] };

  /** @throws S3Error InvalidToken, ExpiredToken */
  function ofSession(
    accessKeyId: string,
    token: string | undefined,
    keys: MasterKey,
  ): Identity | undefined {
    if (token === undefined) return undefined;
    const opened = openSession(keys, accessKeyId, token);
    if (opened === undefined) throw invalidToken(token);
    const { principalId, policyArns, expiresSeconds } = opened.claims;
    const own = root.account;
    if (Date.now() >= 1000 * expiresSeconds) throw expiredToken(token);
    if (principalId === own.id && policyArns === undefined)
      return sessionIdentity(opened, ofSettings, own);
    const id = sessionRecordId(principalId, policyArns);
    const record = lookup.sessions.remembered(id);
    if (record === "unread")
      throw new UnreadIdentityError(accessKeyId, async (waiter) => {
        const read = await lookup.sessions.read(id, waiter);
        return read && sessionIdentity(opened, read, own);
      });
    return record === "unknown" ? undefined : sessionIdentity(opened, record, own);
  }

  return {
    // The settings' root first: it needs neither the Directory nor a look at what is remembered of it.
    find(accessKeyId, token) {
      if (rootCredentials === undefined) throw noRootCredentials();
      if (accessKeyId === rootCredentials.accessKeyId)
        return { caller: root, secretAccessKey: rootCredentials.secretAccessKey };
      if (accessKeyId === previousRootCredentials?.accessKeyId)
        return { caller: root, secretAccessKey: previousRootCredentials.secretAccessKey };
      // Nobody's secret can be opened.
      if (masterKey === undefined || secretKeys === undefined) return undefined;
      if (isSessionKeyId(accessKeyId, masterKey)) return ofSession(accessKeyId, token, masterKey);
      const record = lookup.keys.remembered(accessKeyId);
      if (record === "unread")
        throw new UnreadIdentityError(accessKeyId, async (waiter) => {
          const read = await lookup.keys.read(accessKeyId, waiter);
          return read && identityOf(read, secretKeys);
        });
      return record === "unknown" ? undefined : identityOf(record, secretKeys);
    },
  };
}

function expiredToken(token: string): S3Error {
  return new S3Error("ExpiredToken", {
    fields: { "Token-0": boundedText(token, MAX_TOLD_LENGTH) },
  });
}

function noRootCredentials(): S3Error {
  const message =
    "This deployment has no root credentials: set the secrets ROOT_ACCESS_KEY_ID and ROOT_SECRET_ACCESS_KEY.";
  return new S3Error("AccessDenied", { message });
}

/**
 * Verifies something that is signed: at once when the signer is the settings' root or is remembered; else its key is read, and
 * it is verified once more.
 *
 * @param verify what it throws is thrown
 */
export function withIdentities<T>(
  { find }: Identities,
  waiter: Waiter,
  verify: (find: FindIdentity) => T,
): T | Promise<T> {
  try {
    return verify(find);
  } catch (error) {
    if (!(error instanceof UnreadIdentityError)) throw error;
    const { accessKeyId } = error;
    return error
      .read(waiter)
      .then((identity) =>
        verify((asked, token) => (asked === accessKeyId ? identity : find(asked, token))),
      );
  }
}

/** What records were opened to, as long as they are remembered. */
const opened = new WeakMap<KeyRecord, Identity>();

/** @throws Error when the secret was sealed under another MASTER_KEY: nobody can tell whether a signature is right */
function identityOf(record: KeyRecord, secretKeys: SubKeys): Identity {
  let identity = opened.get(record);
  if (identity !== undefined) return identity;
  const { accessKeyId, sealedSecret, account, user } = record;
  const sealed = Buffer.from(sealedSecret, "base64");
  const secretAccessKey = unseal(secretKeys, accessKeyId, sealed);
  const caller = user === undefined ? rootOf(account) : userOf(account, user, policiesOf(user));
  identity = { caller, secretAccessKey };
  opened.set(record, identity);
  rememberKey(caller, record);
  return identity;
}
