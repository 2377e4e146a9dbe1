import type { DirectoryObject } from "../directory-object/durable-object.ts";
import type { KeyDirectory } from "../ports/key-directory.ts";
import { PLAIN_STAMP } from "../wire/protocol.ts";
import { valueOf } from "./value-of.ts";

/** The {@link KeyDirectory} port over the deployment's one Directory object. */
export function keyDirectoryClient(
  namespace: DurableObjectNamespace<DirectoryObject>,
): KeyDirectory {
  // A stub is made for each call: one that has thrown is broken for good.
  const stub = () => namespace.getByName("directory");
  return {
    openKey: async (accountId, name, ifMissing) =>
      valueOf(await stub().openKey(PLAIN_STAMP, accountId, name, ifMissing)),
    rotateKey: async (accountId, id, fromVersion, sealedMaterial) =>
      valueOf(await stub().rotateKey(PLAIN_STAMP, accountId, id, fromVersion, sealedMaterial)),
  };
}
