import { PerSecond } from "../../lib/per-second.ts";
import type { DirectoryObject } from "../directory-object/durable-object.ts";
import type { AuditLog } from "../ports/audit-log.ts";
import { PLAIN_STAMP } from "../wire/protocol.ts";
import { valueOf } from "./value-of.ts";

/** Whoever has a key could fill the log with what it is refused. */
const MAX_REFUSALS_A_SECOND = 10;

/** The {@link AuditLog} port over the deployment's one Directory object. Each has its own count of refusals. */
export function auditLogClient(namespace: DurableObjectNamespace<DirectoryObject>): AuditLog {
  // A stub is made for each call: one that has thrown is broken for good.
  const stub = () => namespace.getByName("directory");
  const refusals = new PerSecond(MAX_REFUSALS_A_SECOND);
  return {
    async recordRefusal(entry, code) {
      if (refusals.take(Date.now())) valueOf(await stub().recordRefusal(PLAIN_STAMP, entry, code));
    },
    recordIntent: async (entry) => valueOf(await stub().recordRefusal(PLAIN_STAMP, entry)),
    listEvents: async (query) => valueOf(await stub().listEvents(PLAIN_STAMP, query)),
  };
}
