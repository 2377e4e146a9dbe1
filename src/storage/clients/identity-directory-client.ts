import { QueryError } from "../../protocol/query-api/query-error.ts";
import type { DirectoryObject } from "../directory-object/durable-object.ts";
import type {
  IdentityAnswer,
  IdentityCalls,
  IdentityDirectory,
  IdentityRefusal,
} from "../ports/identity-directory.ts";
import type { PlainAnswer } from "../wire/protocol.ts";
import { PLAIN_STAMP } from "../wire/protocol.ts";
import type { IdentityLookup } from "./identity-lookup.ts";
import { valueOf } from "./value-of.ts";

/** The {@link IdentityDirectory} port over the deployment's one Directory object. What a call has changed is forgotten before it is answered. */
export function identityDirectoryClient(
  namespace: DurableObjectNamespace<DirectoryObject>,
  lookup: Pick<IdentityLookup, "forget" | "forgetAll">,
): IdentityDirectory {
  return async (scope, name, ...args) => {
    type Value = ReturnType<IdentityCalls[typeof name]>;
    // A stub is made for each call: one that has thrown is broken for good.
    const stub = namespace.getByName("directory");
    const said = (await stub.identities(PLAIN_STAMP, scope, name, args)) as PlainAnswer<
      IdentityAnswer<Value> | IdentityRefusal
    >;
    const answer = valueOf(said);
    if ("refused" in answer) {
      const { code, message } = answer.refused;
      throw new QueryError(code, { message });
    }
    if (answer.changed === "many") lookup.forgetAll();
    else if (answer.changed !== undefined) await lookup.forget(answer.changed);
    return answer.value;
  };
}
