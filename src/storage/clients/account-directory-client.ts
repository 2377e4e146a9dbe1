import type { DirectoryObject } from "../directory-object/durable-object.ts";
import type { AccountDirectory } from "../ports/account-directory.ts";
import { PLAIN_STAMP } from "../wire/protocol.ts";
import { valueOf } from "./value-of.ts";

/** The {@link AccountDirectory} port over the deployment's one Directory object. */
export function accountDirectoryClient(
  namespace: DurableObjectNamespace<DirectoryObject>,
): AccountDirectory {
  // A stub is made for each call: one that has thrown is broken for good.
  const stub = () => namespace.getByName("directory");
  return {
    findKey: async (accessKeyId, reader) =>
      valueOf(await stub().findKey(PLAIN_STAMP, accessKeyId, reader)),
    noteKeyUse: async (accessKeyId, place) =>
      valueOf(await stub().noteKeyUse(PLAIN_STAMP, accessKeyId, place)),
    findAccount: async (name) => valueOf(await stub().findAccount(PLAIN_STAMP, name)),
    listAccounts: async () => valueOf(await stub().listAccounts(PLAIN_STAMP)),
    putAccount: async (draft, audit) => valueOf(await stub().putAccount(PLAIN_STAMP, draft, audit)),
    putBootstrapAccounts: async (drafts, audit) =>
      valueOf(await stub().putBootstrapAccounts(PLAIN_STAMP, drafts, audit)),
    deleteAccount: async (id, audit) => valueOf(await stub().deleteAccount(PLAIN_STAMP, id, audit)),
  };
}
