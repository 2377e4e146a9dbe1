import type { BucketRecord } from "../../storage/ports/bucket-directory.ts";
import type { LogDestination } from "../../protocol/access-log/log-destination.ts";
import type { AccessLogRecord } from "../../protocol/access-log/log-line.ts";
import type { Gate } from "../access/gate.ts";

/** What the access log tells of a request beyond what request and answer say themselves. Whoever knows something writes it down. */
export interface AccessNotes {
  /** What decided on it; absent: the caller may do everything with the bucket. */
  gate?: Gate;
  objectSizeBytes?: number;
  /** Lines beside the request's own: of the source of a copy, and of each key that one request deletes. */
  also?: AlsoLogged[];
}

interface AlsoLogged {
  readonly bucket: BucketRecord;
  readonly destination: LogDestination;
  readonly told: Pick<
    AccessLogRecord,
    "errorCode" | "key" | "objectSizeBytes" | "operation" | "status" | "versionId"
  >;
}

/** Notes a line of its own, if the bucket is logged. */
export function noteAlso(
  notes: AccessNotes,
  bucket: BucketRecord,
  told: () => AlsoLogged["told"],
): void {
  const destination = bucket.shard.flags.logging;
  if (destination === undefined) return;
  notes.also ??= [];
  notes.also.push({ bucket, destination, told: told() });
}
