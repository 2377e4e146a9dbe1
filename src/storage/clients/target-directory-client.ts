import type { DirectoryObject } from "../directory-object/durable-object.ts";
import type { TargetDirectory } from "../ports/target-directory.ts";
import { PLAIN_STAMP } from "../wire/protocol.ts";
import { ofEarlierCode, valueOf } from "./value-of.ts";

/**
 * The {@link TargetDirectory} port over the deployment's one Directory object.
 *
 * @throws S3Error SlowDown also where the Directory runs code of before there were targets
 */
export function targetDirectoryClient(
  namespace: DurableObjectNamespace<DirectoryObject>,
): TargetDirectory {
  // A stub is made for each call: one that has thrown is broken for good.
  const stub = () => namespace.getByName("directory");
  return {
    findTarget: async (id) =>
      valueOf(await stub().findTarget(PLAIN_STAMP, id).catch(ofEarlierCode)),
    listTargets: async () => valueOf(await stub().listTargets(PLAIN_STAMP).catch(ofEarlierCode)),
    putTarget: async (id, sealed, audit) =>
      valueOf(await stub().putTarget(PLAIN_STAMP, id, sealed, audit).catch(ofEarlierCode)),
    deleteTarget: async (id, audit) =>
      valueOf(await stub().deleteTarget(PLAIN_STAMP, id, audit).catch(ofEarlierCode)),
  };
}
