import type { DirectoryObject } from "../directory-object/durable-object.ts";
import type { DirectoryInspection } from "../ports/directory-inspection.ts";
import { PLAIN_STAMP } from "../wire/protocol.ts";
import { ofEarlierCode, valueOf } from "./value-of.ts";

/** The {@link DirectoryInspection} port over the deployment's one Directory object. */
export function directoryInspectionClient(
  namespace: DurableObjectNamespace<DirectoryObject>,
): DirectoryInspection {
  // A stub is made for each call: one that has thrown is broken for good.
  const stub = () => namespace.getByName("directory");
  return {
    findFaults: async (...args) =>
      valueOf(
        await stub()
          .findFaults(PLAIN_STAMP, ...args)
          .catch(ofEarlierCode),
      ),
    mendFaults: async (...args) =>
      valueOf(
        await stub()
          .mendFaults(PLAIN_STAMP, ...args)
          .catch(ofEarlierCode),
      ),
  };
}
