import type { LogDestination } from "../../../protocol/access-log/log-destination.ts";
import { logKey } from "../../../protocol/access-log/log-key.ts";
import { logWriter } from "../../../protocol/access-log/log-writer.ts";
import type { Delivery, Engines } from "../../ports/engines.ts";
import {
  beginLogObject,
  forgetLog,
  type LogObject,
  nextLogObject,
  OBJECT_BYTES,
  waitingLogs,
} from "../access-log/log-batches.ts";
import type { Shard } from "../shard.ts";
import type { Transact } from "../transaction.ts";
import { tellOfJob } from "./job-log.ts";

/** Objects that one run delivers: the shard has other jobs. */
const MOST_OBJECTS = 32;
/** A target that fails is tried again after so long. */
const RETRY_MS = 60_000;

/**
 * Makes log objects of the lines that have waited for `LOG_ROLL_SECONDS`, or are as many as an object has. Where the target does not let the
 * deliverer write any more, they are dropped. After a crash an object is written again, under the same key and with the same lines.
 */
export async function deliverLogs(
  shard: Pick<Shard, "settings" | "sql" | "state">,
  engines: () => Pick<Engines, "write">,
  nowMs: number,
  transact: Transact,
): Promise<number | undefined> {
  const { sql, settings, state } = shard;
  const { logRollMs } = settings;
  let delivered = 0;
  let nextMs = Number.POSITIVE_INFINITY;
  for (const { destination, first_ms: firstMs, bytes } of waitingLogs(sql)) {
    const isDue = firstMs + logRollMs <= nowMs || bytes >= OBJECT_BYTES;
    if (!isDue) {
      nextMs = Math.min(nextMs, firstMs + logRollMs);
      continue;
    }
    if (delivered === MOST_OBJECTS) return nowMs;
    const object = nextLogObject(sql, destination);
    if (object === undefined) continue;
    delivered += 1;
    if (!object.isBegun) transact((transaction) => beginLogObject(transaction, object));
    const to = JSON.parse(destination) as LogDestination;
    const outcome = await deliver(engines(), to, object, logRollMs);
    tell(state.name, to, object, outcome);
    if (outcome.kind === "retry") {
      nextMs = Math.min(nextMs, nowMs + RETRY_MS);
      continue;
    }
    transact((transaction) => {
      if (outcome.kind === "refused") transaction.logRoom.dropped(object.count);
      forgetLog(transaction, object);
    });
    // There may be more of it.
    if (bytes > object.bytes) nextMs = nowMs;
  }
  return nextMs === Number.POSITIVE_INFINITY ? undefined : nextMs;
}

async function deliver(
  engines: Pick<Engines, "write">,
  destination: LogDestination,
  { firstMs, unique, lines }: LogObject,
  rollMs: number,
): Promise<Delivery> {
  const { bucket, prefix, partition, grants } = destination;
  // When it is due, whenever it is delivered: the key does not depend on when this runs.
  const timeMs = partition === "EventTime" ? firstMs : firstMs + rollMs;
  const write = {
    caller: logWriter(destination),
    bucket,
    key: logKey(destination, timeMs, unique),
    headers: { "content-type": "text/plain", ...grants },
    body: Buffer.from(lines),
    // Policies often name just the prefix.
    alsoKey: prefix,
  } as const;
  const outcome = await engines.write(write);
  // The target may have no ACLs since, or a grantee may be gone: then nobody is granted anything.
  return outcome.kind === "refused" && grants !== undefined
    ? engines.write({ ...write, headers: { "content-type": "text/plain" } })
    : outcome;
}

/** What is refused is dropped, and the lines are lost. */
function tell(
  shard: string,
  { bucket: target, source: { bucket } }: LogDestination,
  { bytes: lineBytes, count: lines }: LogObject,
  outcome: Delivery,
): void {
  const told = { bucket, target, lines };
  if (outcome.kind === "done")
    tellOfJob(shard, "access-log", "done", { ...told, objects: 1, lineBytes });
  else {
    const what = outcome.kind === "retry" ? "delayed" : "given up";
    tellOfJob(shard, "access-log", what, { ...told, reason: outcome.reason });
  }
}
