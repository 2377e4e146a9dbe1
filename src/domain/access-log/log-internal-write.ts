import type { Delivery, InternalWrite } from "../../storage/ports/engines.ts";
import type { Waiter } from "../../lib/waiter.ts";
import type { Ports } from "../ports.ts";

/** The line of a write that no client asked for, if its bucket is logged. That a log is logged itself ends nowhere: one object a roll. */
export function logInternalWrite(
  ports: Ports,
  waiter: Waiter,
  requestId: string,
  { caller, bucket: name, key, body }: InternalWrite,
  outcome: Delivery,
): void {
  const bucket = ports.buckets.remembered(name);
  const destination = bucket?.shard.flags.logging;
  if (bucket === undefined || destination === undefined || outcome.kind === "retry") return;
  const isDone = outcome.kind === "done";
  const record = {
    ownerId: bucket.ownerId,
    bucket: name,
    timeMs: Date.now(),
    requester: `svc:${caller.name}`,
    requestId,
    operation: "REST.PUT.OBJECT",
    key,
    status: isDone ? 200 : 403,
    errorCode: isDone ? undefined : outcome.reason,
    objectSizeBytes: body.byteLength,
  };
  ports.accessLog.add(destination, record, ports, waiter);
}
