import type { Settings } from "../../env.ts";
import type { SubKeys } from "../../lib/master-key.ts";
import { unseal } from "../../lib/sealed-text.ts";
import { rootOf, userOf } from "../../protocol/caller.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { IdentityLookup, Waiter } from "../../storage/clients/identity-lookup.ts";
import type { KeyRecord } from "../../storage/ports/account-directory.ts";
import type { FindIdentity, Identity } from "./identity.ts";
import { policiesOf } from "./principal-policies.ts";

/** Whose key this is has to be looked up first, which takes waiting. */
class UnreadIdentityError extends Error {
  override readonly name = "UnreadIdentityError";
  readonly accessKeyId: string;

  constructor(accessKeyId: string) {
    super(`the access key ${accessKeyId} was not read`);
    this.accessKeyId = accessKeyId;
  }
}

/** Whose the access keys are: the settings' root, and accounts that the Directory knows. */
export interface Identities {
  /** @throws UnreadIdentityError */
  readonly find: FindIdentity;
  readonly read: (accessKeyId: string, waiter: Waiter) => Promise<Identity | undefined>;
}

export function identitiesOf(settings: Settings, lookup: IdentityLookup): Identities {
  const { rootCredentials, previousRootCredentials, masterKey, root } = settings;
  const secretKeys = masterKey?.subKeys("secrets");
  return {
    // The settings' root first: it needs neither the Directory nor a look at what is remembered of it.
    find(accessKeyId) {
      if (rootCredentials === undefined) throw noRootCredentials();
      if (accessKeyId === rootCredentials.accessKeyId)
        return { caller: root, secretAccessKey: rootCredentials.secretAccessKey };
      if (accessKeyId === previousRootCredentials?.accessKeyId)
        return { caller: root, secretAccessKey: previousRootCredentials.secretAccessKey };
      // Nobody's secret can be opened.
      if (secretKeys === undefined) return undefined;
      const record = lookup.remembered(accessKeyId);
      if (record === "unread") throw new UnreadIdentityError(accessKeyId);
      return record === "unknown" ? undefined : identityOf(record, secretKeys);
    },
    async read(accessKeyId, waiter) {
      const record = await lookup.read(accessKeyId, waiter);
      return record && secretKeys && identityOf(record, secretKeys);
    },
  };
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
  { find, read }: Identities,
  waiter: Waiter,
  verify: (find: FindIdentity) => T,
): T | Promise<T> {
  try {
    return verify(find);
  } catch (error) {
    if (!(error instanceof UnreadIdentityError)) throw error;
    const { accessKeyId } = error;
    return read(accessKeyId, waiter).then((identity) =>
      verify((asked) => (asked === accessKeyId ? identity : find(asked))),
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
  return identity;
}
