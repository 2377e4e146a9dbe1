import type { DirectoryObject } from "../directory-object/durable-object.ts";
import type { InstallationRecord } from "../ports/installation.ts";
import { PLAIN_STAMP } from "../wire/protocol.ts";
import { valueOf } from "./value-of.ts";

/** The {@link InstallationRecord} port over the deployment's one Directory object. */
export function installationClient(
  namespace: DurableObjectNamespace<DirectoryObject>,
): InstallationRecord {
  // A stub is made for each call: one that has thrown is broken for good.
  const stub = () => namespace.getByName("directory");
  return {
    claimInstallation: async (proposedId) =>
      valueOf(await stub().claimInstallation(PLAIN_STAMP, proposedId)),
    confirmInstallation: async (id) => valueOf(await stub().confirmInstallation(PLAIN_STAMP, id)),
  };
}
