import type { DirectoryObject } from "../directory-object/durable-object.ts";
import type { AuditLog } from "../ports/audit-log.ts";
import { PLAIN_STAMP } from "../wire/protocol.ts";
import { valueOf } from "./value-of.ts";

/** The {@link AuditLog} port over the deployment's one Directory object. */
export function auditLogClient(namespace: DurableObjectNamespace<DirectoryObject>): AuditLog {
  // A stub is made for each call: one that has thrown is broken for good.
  const stub = () => namespace.getByName("directory");
  return {
    recordRefusal: async (entry, code) =>
      valueOf(await stub().recordRefusal(PLAIN_STAMP, entry, code)),
    listEvents: async (query) => valueOf(await stub().listEvents(PLAIN_STAMP, query)),
  };
}
