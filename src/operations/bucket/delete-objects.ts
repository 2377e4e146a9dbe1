import { refusalsOf } from "../../domain/access/extra-permission.ts";
import { noteAlso } from "../../domain/access-log/access-notes.ts";
import { removalPermissions } from "../../domain/access/removal-permission.ts";
import { readVouchedDocument } from "../../domain/body/vouched-body.ts";
import { parseHttpDate } from "../../lib/http-date.ts";
import {
  boolean,
  type Infer,
  integer,
  many,
  object,
  one,
  optional,
  text,
} from "../../lib/xml-shape.ts";
import type { XmlNode } from "../../lib/xml-writer.ts";
import { NO_CONDITIONS, type WriteConditions } from "../../protocol/write-conditions.ts";
import { S3Error } from "../../protocol/errors.ts";
import { unquoteEtag } from "../../protocol/etag.ts";
import { bypassesGovernance } from "../../protocol/governance-bypass.ts";
import { MAX_ENTRIES, MAX_KEY_BYTES } from "../../protocol/limits.ts";
import { readXml } from "../../protocol/read-xml.ts";
import { refusalError } from "../../protocol/refusal.ts";
import { xmlResponse } from "../../protocol/respond.ts";
import { isVersionId } from "../../protocol/version-id.ts";
import type { Removal, RemoveOutcome } from "../../storage/ports/bucket-index.ts";
import { onObject } from "../access.ts";
import type { BucketContext, BucketOperation } from "../operation.ts";

const MAX_DOCUMENT_BYTES = 2 * 1024 * 1024;

const Entry = object({
  Key: one(text),
  VersionId: optional(text),
  ETag: optional(text),
  LastModifiedTime: optional(text),
  Size: optional(integer),
});
const Delete = object({ Object: many(Entry), Quiet: optional(boolean) });

type Entry = Infer<typeof Entry>;

/**
 * `POST /{bucket}?delete`: removes up to 1,000 objects or versions; one result per entry, in their order. With Quiet, only
 * errors.
 *
 * The body must be vouched for: by Content-MD5, any `x-amz-checksum-*`, or a signed payload.
 * Errors: MalformedXML (no entry, over 1,000), InvalidRequest (nothing vouches for the body), BadDigest; by entry
 * NoSuchVersion, KeyTooLongError, PreconditionFailed, NoSuchKey (a condition on a missing key), AccessDenied (it may not be
 * deleted, or the version is locked), InternalError.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
 */
export const deleteObjects: BucketOperation = {
  name: "DeleteObjects",
  makesRoom: true,
  scope: "bucket",
  access: onObject("DeleteObject"),
  decidesByKey: true,
  readsIndex: true,
  async handle(context) {
    const document = await readVouchedDocument(context, MAX_DOCUMENT_BYTES);
    const { Object: entries, Quiet: isQuiet = false } = readXml(document, "Delete", Delete);
    if (entries.length === 0 || entries.length > MAX_ENTRIES) throw new S3Error("MalformedXML");
    const results = await removeEntries(context, entries);
    noteResults(context, entries, results);
    const nodes = results.flatMap((result, i): XmlNode[] => {
      const { Key, VersionId } = entries[i] ?? { Key: "", VersionId: undefined };
      if (result instanceof S3Error) return [errorNode(Key, VersionId, result)];
      return isQuiet ? [] : [deletedNode(Key, VersionId, result)];
    });
    return xmlResponse("DeleteResult", nodes);
  },
};

/** Of each key the access log has a line. */
function noteResults(
  { notes, bucket }: BucketContext,
  entries: readonly Entry[],
  results: readonly Result[],
): void {
  if (bucket.shard.flags.logging === undefined) return;
  for (const [i, { Key: key, VersionId: versionId }] of entries.entries()) {
    const result = results[i];
    const errorCode = result instanceof S3Error ? result.code : undefined;
    const status = result instanceof S3Error ? result.status : 204;
    noteAlso(notes, bucket, () => ({
      operation: "BATCH.DELETE.OBJECT",
      key,
      versionId,
      status,
      errorCode,
    }));
  }
}

type Removed = Extract<RemoveOutcome, { ok: true }>;
type Result = Removed | S3Error;

async function removeEntries(
  context: BucketContext,
  entries: readonly Entry[],
): Promise<readonly Result[]> {
  const targets = entries.map(({ Key: key, VersionId: versionId }) => ({ key, versionId }));
  const permissions = await removalPermissions(context, targets);
  const refusals = entries.map((entry, i) => {
    const permission = permissions[i];
    return permission instanceof S3Error ? permission : refusalOf(entry);
  });
  const bypasses = bypassesGovernance(context.request.headers)
    ? await refusalsOf(context, "BypassGovernanceRetention", targets)
    : undefined;
  const removals: Removal[] = [];
  for (const [i, entry] of entries.entries()) {
    const permission = permissions[i];
    if (refusals[i] !== undefined || permission instanceof S3Error) continue;
    const bypass = bypasses !== undefined && bypasses[i] === undefined;
    const removal = removalOf(entry, bypass);
    removals.push(permission === undefined ? removal : { ...removal, onlyIfOwner: permission });
  }
  const outcomes: Iterator<RemoveOutcome> = (await context.index.removeMany(removals)).values();
  return refusals.map((refusal, i): Result => {
    if (refusal !== undefined) return refusal;
    const { value: outcome } = outcomes.next() as IteratorYieldResult<RemoveOutcome>;
    return outcome.ok ? outcome : refusalError(outcome, { key: entries[i]?.Key ?? "" });
  });
}

function refusalOf({ Key, VersionId }: Entry): S3Error | undefined {
  if (VersionId !== undefined && !isVersionId(VersionId)) return new S3Error("NoSuchVersion");
  return Buffer.byteLength(Key) > MAX_KEY_BYTES ? new S3Error("KeyTooLongError") : undefined;
}

/** @throws S3Error MalformedXML when LastModifiedTime is no date */
function removalOf({ Key, VersionId, ...given }: Entry, bypass: boolean): Removal {
  return {
    key: Key,
    versionId: VersionId,
    conditions: conditionsOf(given),
    bypassesGovernance: bypass,
  };
}

function conditionsOf({
  ETag,
  LastModifiedTime,
  Size,
}: Pick<Entry, "ETag" | "LastModifiedTime" | "Size">): WriteConditions {
  if (ETag === undefined && LastModifiedTime === undefined && Size === undefined)
    return NO_CONDITIONS;
  const lastModifiedMs =
    LastModifiedTime === undefined ? undefined : parseTimestamp(LastModifiedTime);
  if (LastModifiedTime !== undefined && lastModifiedMs === undefined)
    throw new S3Error("MalformedXML");
  return {
    ...NO_CONDITIONS,
    ifMatch: ETag === undefined ? undefined : unquoteEtag(ETag),
    ifMatchSizeBytes: Size,
    ifMatchLastModifiedSeconds:
      lastModifiedMs === undefined ? undefined : Math.floor(lastModifiedMs / 1000),
  };
}

/** The model says RFC 822; SDKs that write ISO 8601 in XML exist. */
function parseTimestamp(text: string): number | undefined {
  const timeMs = parseHttpDate(text) ?? Date.parse(text);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

/** Without a version id it tells the delete marker that it made; with that of a delete marker, which it removed. */
function deletedNode(
  key: string,
  requested: string | undefined,
  { versionId, isMarker }: Removed,
): XmlNode {
  return [
    "Deleted",
    [
      ["Key", key],
      ["VersionId", requested],
      ["DeleteMarker", isMarker ? true : undefined],
      ["DeleteMarkerVersionId", isMarker ? versionId : undefined],
    ],
  ];
}

function errorNode(
  key: string,
  versionId: string | undefined,
  { code, message }: S3Error,
): XmlNode {
  return [
    "Error",
    [
      ["Key", key],
      ["VersionId", versionId],
      ["Code", code],
      ["Message", message],
    ],
  ];
}
