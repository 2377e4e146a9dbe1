import { bodyClaims, readDocument } from "../../domain/body/read-document.ts";
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
import { NO_CONDITIONS } from "../../protocol/conditions.ts";
import { type ErrorCode, S3Error } from "../../protocol/errors.ts";
import { unquoteEtag } from "../../protocol/etag.ts";
import { readXml } from "../../protocol/read-xml.ts";
import { xmlResponse } from "../../protocol/respond.ts";
import type { BucketIndex, Removal, RemoveOutcome } from "../../storage/bucket-index.ts";
import type { BucketContext, BucketOperation } from "../operation.ts";

const MAX_DOCUMENT_BYTES = 2 * 1024 * 1024;
const MAX_KEYS = 1000;
const MAX_KEY_BYTES = 1024;

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
 * `POST /{bucket}?delete`: removes up to 1,000 objects; one result per entry, in their order. With Quiet, only errors.
 *
 * The body must be vouched for: by Content-MD5, any `x-amz-checksum-*`, or a signed payload.
 * Errors: MalformedXML (no entry, over 1,000), InvalidRequest (nothing vouches for the body), BadDigest; by entry
 * NoSuchVersion, KeyTooLongError, PreconditionFailed, NoSuchKey (a condition on a missing key), InternalError.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
 */
export const deleteObjects: BucketOperation = {
  name: "DeleteObjects",
  scope: "bucket",
  readsIndex: true,
  async handle(context) {
    requireVouchedBody(context);
    const document = await readDocument(context.request, context.payload, MAX_DOCUMENT_BYTES);
    const { Object: entries, Quiet: isQuiet = false } = readXml(document, "Delete", Delete);
    if (entries.length === 0 || entries.length > MAX_KEYS) throw new S3Error("MalformedXML");
    const results = await removeEntries(context.index, entries);
    const nodes = results.flatMap((result, i): XmlNode[] => {
      const { Key, VersionId } = entries[i] ?? { Key: "", VersionId: undefined };
      if (result !== "deleted") return [errorNode(Key, VersionId, result)];
      return isQuiet
        ? []
        : [
            [
              "Deleted",
              [
                ["Key", Key],
                ["VersionId", VersionId],
              ],
            ],
          ];
    });
    return xmlResponse("DeleteResult", nodes);
  },
};

function requireVouchedBody({ request, payload }: BucketContext): void {
  const { sha256Hex, md5Hex, checksum, trailerAlgorithm } = bodyClaims(request, payload);
  if (sha256Hex ?? md5Hex ?? checksum ?? trailerAlgorithm) return;
  if (payload.kind === "chunked" && payload.signer !== undefined) return;
  const message = "Missing required header for this request: Content-MD5 OR x-amz-checksum-*";
  throw new S3Error("InvalidRequest", { message });
}

type Result = "deleted" | ErrorCode;

async function removeEntries(
  index: BucketIndex,
  entries: readonly Entry[],
): Promise<readonly Result[]> {
  const refusals = entries.map(refusalOf);
  const removals = entries.filter((_, i) => refusals[i] === undefined).map(removalOf);
  const outcomes: Iterator<RemoveOutcome> = (await index.removeMany(removals)).values();
  return refusals.map((refusal): Result => {
    if (refusal !== undefined) return refusal;
    const { value: outcome } = outcomes.next() as IteratorYieldResult<RemoveOutcome>;
    return outcome.ok ? "deleted" : outcome.reason;
  });
}

function refusalOf({ Key, VersionId }: Entry): ErrorCode | undefined {
  if (VersionId !== undefined && VersionId !== "null") return "NoSuchVersion";
  return Buffer.byteLength(Key) > MAX_KEY_BYTES ? "KeyTooLongError" : undefined;
}

/** @throws S3Error MalformedXML when LastModifiedTime is no date */
function removalOf({ Key, ETag, LastModifiedTime, Size }: Entry): Removal {
  if (ETag === undefined && LastModifiedTime === undefined && Size === undefined)
    return { key: Key, conditions: NO_CONDITIONS };
  const lastModifiedMs =
    LastModifiedTime === undefined ? undefined : parseTimestamp(LastModifiedTime);
  if (LastModifiedTime !== undefined && lastModifiedMs === undefined)
    throw new S3Error("MalformedXML");
  return {
    key: Key,
    conditions: {
      ...NO_CONDITIONS,
      ifMatch: ETag === undefined ? undefined : unquoteEtag(ETag),
      ifMatchSizeBytes: Size,
      ifMatchLastModifiedSeconds:
        lastModifiedMs === undefined ? undefined : Math.floor(lastModifiedMs / 1000),
    },
  };
}

/** The model says RFC 822; SDKs that write ISO 8601 in XML exist. */
function parseTimestamp(text: string): number | undefined {
  const timeMs = parseHttpDate(text) ?? Date.parse(text);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

function errorNode(key: string, versionId: string | undefined, code: ErrorCode): XmlNode {
  const { message } = new S3Error(code);
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
