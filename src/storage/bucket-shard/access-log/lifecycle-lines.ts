import { type AccessLogRecord, logLine } from "../../../protocol/access-log/log-line.ts";
import type { LogDestination } from "../../../protocol/access-log/log-destination.ts";
import type { ObjectEvent } from "../events.ts";
import type { Transaction } from "../transaction.ts";
import { appendLog } from "./log-batches.ts";

/** What the access log calls a transition, by the storage class. */
const TRANSITIONS: Readonly<Record<string, string>> = {
  DEEP_ARCHIVE: "S3.TRANSITION_GDA.OBJECT",
  GLACIER: "S3.TRANSITION.OBJECT",
  GLACIER_IR: "S3.TRANSITION_GIR.OBJECT",
  INTELLIGENT_TIERING: "S3.TRANSITION_INT.OBJECT",
  ONEZONE_IA: "S3.TRANSITION_ZIA.OBJECT",
  STANDARD_IA: "S3.TRANSITION_SIA.OBJECT",
};

/**
 * Runs what lifecycle rules do; of each version there is a line for the bucket's access log, if it has one, kept in the same
 * transaction: the shard delivers it by itself.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-and-other-bucket-config.html#lifecycle-general-considerations-logging
 */
export function withLifecycleLines<T>(
  transaction: Transaction,
  run: (transaction: Transaction) => T,
): T {
  const destination = transaction.configuration.logDestination;
  if (destination === undefined) return run(transaction);
  let [lines, count] = ["", 0];
  const value = run({
    ...transaction,
    emit(event) {
      transaction.emit(event);
      const operation = operationOf(event);
      if (operation === undefined) return;
      lines += logLine(recordOf(transaction, destination, event, operation));
      count += 1;
    },
  });
  const { nowMs: firstMs } = transaction;
  if (count > 0)
    appendLog(transaction, { destination: JSON.stringify(destination), firstMs, lines, count });
  return value;
}

function operationOf(event: ObjectEvent): string | undefined {
  if (event.kind === "marked") return "S3.CREATE.DELETEMARKER";
  if (event.kind === "removed") return "S3.EXPIRE.OBJECT";
  const isMoved = event.kind === "changed" && event.what === "storage-class";
  return isMoved ? TRANSITIONS[event.row.storage_class] : undefined;
}

function recordOf(
  { nowMs }: Transaction,
  { source }: LogDestination,
  { row }: ObjectEvent,
  operation: string,
): AccessLogRecord {
  return {
    ownerId: source.ownerId,
    bucket: source.bucket,
    timeMs: nowMs,
    requester: "AmazonS3",
    requestId: "-",
    operation,
    key: row.key,
    ...("size_bytes" in row && { objectSizeBytes: row.size_bytes }),
    versionId: row.version_id ?? undefined,
  };
}
