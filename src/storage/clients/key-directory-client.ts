import type { DirectoryObject } from "../directory-object/durable-object.ts";
import { KmsError } from "../../protocol/kms/kms-error.ts";
import type { KeyCalls, KeyDirectory, KeyRefusal } from "../ports/key-directory.ts";
import { PLAIN_STAMP, type PlainAnswer } from "../wire/protocol.ts";
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
    async call(scope, name, ...args) {
      type Answer = ReturnType<KeyCalls[typeof name]>;
      const said = (await stub().keys(PLAIN_STAMP, scope, name, args)) as PlainAnswer<
        KeyRefusal | { readonly answer: Answer }
      >;
      const outcome = valueOf(said);
      if ("answer" in outcome) return outcome.answer;
      throw new KmsError(outcome.refused.code, outcome.refused.message);
    },
  };
}
