import type { DirectoryObject } from "../directory-object/durable-object.ts";
import type { AccountBackupCalls } from "../ports/account-backup.ts";
import type { BackupDirectory } from "../ports/backup-directory.ts";
import { PLAIN_STAMP, type PlainAnswer } from "../wire/protocol.ts";
import { ofEarlierCode, valueOf } from "./value-of.ts";

/** The {@link BackupDirectory} port over the deployment's one Directory object. */
export function backupDirectoryClient(
  namespace: DurableObjectNamespace<DirectoryObject>,
): BackupDirectory {
  // A stub is made for each call: one that has thrown is broken for good.
  const stub = () => namespace.getByName("directory");
  return {
    async ofAccounts(name, ...args) {
      type Said = PlainAnswer<ReturnType<AccountBackupCalls[typeof name]>>;
      const said = await stub().accountBackup(PLAIN_STAMP, name, args).catch(ofEarlierCode);
      return valueOf(said as Said);
    },
    exportBucket: async (name) => valueOf(await stub().exportBucket(PLAIN_STAMP, name)),
    exportKeys: async (accountId) => valueOf(await stub().exportKeys(PLAIN_STAMP, accountId)),
    clashingKey: async (...args) =>
      valueOf(
        await stub()
          .clashingKey(PLAIN_STAMP, ...args)
          .catch(ofEarlierCode),
      ),
    importKeys: async (accountId, keys) =>
      valueOf(await stub().importKeys(PLAIN_STAMP, accountId, keys)),
    finishRestore: async (...args) => valueOf(await stub().finishRestore(PLAIN_STAMP, ...args)),
  };
}
