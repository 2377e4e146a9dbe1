import { incomingBody } from "../../domain/body/incoming-body.ts";
import { describedUpload } from "../../domain/described-upload.ts";
import { requireObject } from "../../domain/found-object.ts";
import { respondWithObject } from "../../domain/read-object.ts";
import { writeObject } from "../../domain/write-object.ts";
import { onBucket, ofUpload, onVersion } from "../../operations/access.ts";
import {
  completedUpload,
  completeMultipartUpload,
} from "../../operations/multipart/complete-multipart-upload.ts";
import type {
  BucketOperation,
  ObjectContext,
  ObjectOperation,
} from "../../operations/operation.ts";
import { decodeToken } from "../../protocol/continuation-token.ts";
import { S3Error } from "../../protocol/errors.ts";
import { meets } from "../../protocol/r2/conditions.ts";
import type { WireConditions } from "../../protocol/r2/wire.ts";
import { NO_CONDITIONS, type WriteConditions } from "../../protocol/write-conditions.ts";
import type { ObjectRecord } from "../../protocol/object-record.ts";
import { emptyResponse } from "../../protocol/respond.ts";
import type { DescribedRecord } from "../../protocol/r2/object-record.ts";
import { WANTS_HEADERS } from "../../storage/ports/content-index.ts";
import type { ListPage } from "../../storage/ports/bucket-index.ts";

/*
 * S3's operations, which tell what they found or made as records.
 */

const READ = { scope: "object", access: onVersion("GetObject"), needsObject: true } as const;

/** @param tell is told of the object */
export function headOperation(tell: (record: ObjectRecord) => void): ObjectOperation {
  return {
    ...READ,
    name: "HeadObject",
    async handle({ index, key }) {
      tell(requireObject(await index.read(key, WANTS_HEADERS), key, undefined));
      return emptyResponse(200);
    },
  };
}

/** @param tell is told of the object, and says whether its bytes are wanted; if not, the answer has none */
export function getOperation(tell: (record: ObjectRecord) => boolean): ObjectOperation {
  return {
    ...READ,
    name: "GetObject",
    handle: (context) =>
      respondWithObject(context, context.request, context.key, (record) =>
        tell(record) ? undefined : emptyResponse(304),
      ),
  };
}

/**
 * @param onlyIf met by what there is, when the object is made as well: else the answer is PreconditionFailed
 * @param tell is told of the object that was made
 */
export function putOperation(
  onlyIf: WireConditions | undefined,
  tell: (record: DescribedRecord) => void,
): ObjectOperation {
  return {
    name: "PutObject",
    scope: "object",
    access: ofUpload(),
    storesBody: true,
    async handle(context) {
      const described = await describedUpload(context);
      const conditions = onlyIf === undefined ? {} : { conditions: await asFound(context, onlyIf) };
      const body = incomingBody(context);
      const written = await writeObject(context, { ...described, ...conditions, body });
      const { key, headers, storageClass, encryption } = described;
      tell({ ...written, key, headers, storageClass, encryption: encryption?.column });
      return emptyResponse(200);
    },
  };
}

/** That there is still what met the conditions. @throws S3Error PreconditionFailed, AccessDenied */
async function asFound(
  { index, key, gate }: ObjectContext,
  onlyIf: WireConditions,
): Promise<WriteConditions> {
  const isOnlyNew = onlyIf.etagDoesNotMatch?.includes("*") === true;
  const found = isOnlyNew ? undefined : await index.read(key, WANTS_HEADERS);
  const record = found?.kind === "object" ? found : undefined;
  // What else is asked tells of the object that there is; that there is none, whoever may put one finds out anyway.
  if (record !== undefined) {
    const target = { key, versionId: undefined, object: record };
    const refusal = gate?.refusalOf({ action: "s3:GetObject", on: "object" }, target);
    if (refusal !== undefined) throw refusal;
  }
  const known = record && { etag: record.etag, uploadedMs: record.lastModifiedMs };
  if (!meets(onlyIf, known)) throw new S3Error("PreconditionFailed");
  return record === undefined
    ? { ...NO_CONDITIONS, ifNoneMatch: "*" }
    : { ...NO_CONDITIONS, ifSequence: record.sequence };
}

/**
 * @param tell is told of the object that was made. It takes no more than S3's operation: that the object is read for it shows nothing but what
 * the upload has brought.
 */
export function completeOperation(tell: (record: ObjectRecord) => void): ObjectOperation {
  return {
    ...completeMultipartUpload,
    async handle(context) {
      const { etag, versionId } = await completedUpload(context, undefined);
      const { index, key } = context;
      const found = await index.read(key, { ...WANTS_HEADERS, versionId });
      const record = requireObject(found, key, versionId);
      // Meanwhile it may be somebody else's.
      if (record.etag !== etag) throw new S3Error("NoSuchKey");
      tell(record);
      return emptyResponse(200);
    },
  };
}

/** @param tell is told of the page, which the request's query asks for */
export function listOperation(tell: (page: ListPage) => void): BucketOperation {
  return {
    name: "ListObjectsV2",
    scope: "bucket",
    access: onBucket("ListBucket"),
    readsIndex: true,
    async handle({ index, request: { query } }) {
      const token = query.get("continuation-token");
      const after = token === null ? query.get("start-after") : decodeToken(token);
      const page = await index.list({
        prefix: query.get("prefix") ?? "",
        delimiter: query.get("delimiter") ?? "",
        after: after ?? "",
        limit: Number(query.get("max-keys")),
      });
      tell(page);
      return emptyResponse(200);
    },
  };
}
