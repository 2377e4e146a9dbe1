import type { HappenedEvent } from "../../../protocol/events/event-record.ts";
import type { Origin } from "../../../protocol/events/origin.ts";
import type { Transaction } from "../transaction.ts";
import type { CreatedBy, ObjectEvent, RemovedBy } from "../events.ts";

/** Of what a shard does by itself. */
export const NOBODY: Origin = {
  principalId: "s3.amazonaws.com",
  // As AWS documents it: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-configure-notification.html
  sourceIp: "s3.amazonaws.com",
  requestId: "",
  hostId: "",
  operation: "",
};

const CREATED_BY: Readonly<Record<CreatedBy, string>> = {
  Put: "Put",
  Append: "Put",
  Copy: "Copy",
  Rename: "Copy",
  CompleteMultipartUpload: "CompleteMultipartUpload",
};

/** Where it is the operation that tells one event from another, or from none. */
const CHANGED: Readonly<Record<string, string | undefined>> = {
  "tags by PutObjectTagging": "ObjectTagging:Put",
  "tags by DeleteObjectTagging": "ObjectTagging:Delete",
  "acl by PutObjectAcl": "ObjectAcl:Put",
  "retention by PutObjectRetention": "ObjectRetention:Put",
  "annotation by PutObjectAnnotation": "ObjectAnnotation:Put",
  "annotation by DeleteObjectAnnotation": "ObjectAnnotation:Delete",
  // Only lifecycle rules change it by themselves.
  "storage-class by ": "LifecycleTransition",
};

/** Of no bytes: what AWS calls the ETag of a delete marker. */
const EMPTY_ETAG = "d41d8cd98f00b204e9800998ecf8427e";

/** AWS's name of what happened; undefined: it has none. @param operation of the request; empty: nobody's request */
export function eventName(event: ObjectEvent, operation: string): string | undefined {
  switch (event.kind) {
    case "created":
      return `ObjectCreated:${operation === "PostObject" ? "Post" : CREATED_BY[event.by]}`;
    case "removed":
      return `${removedFamily(event.by)}:Delete`;
    case "marked":
      return `${removedFamily(event.by)}:DeleteMarkerCreated`;
    case "changed":
  }
  return CHANGED[`${event.what} by ${operation}`];
}

function removedFamily(by: RemovedBy): string {
  return by === "Lifecycle" ? "LifecycleExpiration" : "ObjectRemoved";
}

/** What its record says of the object: of each kind of event something else. */
export function happenedEvent(
  { state, nowMs }: Transaction,
  name: string,
  event: ObjectEvent,
): HappenedEvent {
  const { key, version_id: versionId } = event.row;
  const said = { name, timeMs: nowMs, key, versionId: versionId ?? undefined };
  const none = { sizeBytes: undefined, etag: undefined, sequence: undefined };
  switch (event.kind) {
    case "created": {
      const { size_bytes: sizeBytes, etag, sequence } = event.row;
      return { ...said, sizeBytes, etag, sequence };
    }
    case "removed":
      // Of the removal: that of the version was told when it was made.
      return { ...said, ...none, sequence: state.takeSequence() };
    case "marked":
      return { ...said, ...none, etag: EMPTY_ETAG, sequence: event.row.sequence };
    case "changed":
  }
  const { etag, size_bytes: sizeBytes, storage_class: storageClass } = event.row;
  if (event.what === "storage-class") return { ...said, ...none, etag, sizeBytes, storageClass };
  return { ...said, ...none, etag };
}
