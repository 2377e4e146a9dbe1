import type { DirectoryObject } from "../directory-object/durable-object.ts";
import type { SessionDirectory } from "../ports/session-directory.ts";
import { PLAIN_STAMP } from "../wire/protocol.ts";
import { valueOf } from "./value-of.ts";

/** The {@link SessionDirectory} port over the deployment's one Directory object. */
export function sessionDirectoryClient(
  namespace: DurableObjectNamespace<DirectoryObject>,
): SessionDirectory {
  // A stub is made for each call: one that has thrown is broken for good.
  const stub = () => namespace.getByName("directory");
  return {
    findSessionRecord: async (principalId, policyArns) =>
      valueOf(await stub().findSessionRecord(PLAIN_STAMP, principalId, policyArns)),
    findRole: async (arn) => valueOf(await stub().findRole(PLAIN_STAMP, arn)),
    findProvider: async (arn) => valueOf(await stub().findProvider(PLAIN_STAMP, arn)),
  };
}
