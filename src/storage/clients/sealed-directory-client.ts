import type { DirectoryObject } from "../directory-object/durable-object.ts";
import type { SealedDirectory } from "../ports/sealed-directory.ts";
import { PLAIN_STAMP } from "../wire/protocol.ts";
import { valueOf } from "./value-of.ts";

/** The {@link SealedDirectory} port over the deployment's one Directory object. */
export function sealedDirectoryClient(
  namespace: DurableObjectNamespace<DirectoryObject>,
): SealedDirectory {
  // A stub is made for each call: one that has thrown is broken for good.
  const stub = () => namespace.getByName("directory");
  return {
    listSealed: async (kind, after, limit) =>
      valueOf(await stub().listSealed(PLAIN_STAMP, kind, after, limit)),
    replaceSealed: async (kind, changes) =>
      valueOf(await stub().replaceSealed(PLAIN_STAMP, kind, changes)),
  };
}
