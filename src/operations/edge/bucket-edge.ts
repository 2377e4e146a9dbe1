import { bucketFactsOf } from "../../domain/access/bucket-facts.ts";
import { readDocument } from "../../domain/body/read-document.ts";
import { configureBucket } from "../../domain/configure-bucket.ts";
import { EDGE_KIND, edgeOf } from "../../domain/edge/bucket-edge.ts";
import { hasPublicObjects } from "../../domain/edge/public-read.ts";
import { type EdgeDocument, readEdgeDocument } from "../../protocol/edge/edge-document.ts";
import { S3Error } from "../../protocol/errors.ts";
import { emptyResponse, jsonResponse } from "../../protocol/respond.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import type { DocumentChange } from "../../storage/ports/bucket-directory.ts";
import { onBucket, OWN_ACCOUNT_ONLY } from "../access.ts";
import type { BucketContext, BucketOperation } from "../operation.ts";

const PATH = /^buckets\/([^/]{1,255})\/(edge|purge)$/;

/**
 * The operations on how a bucket's objects are read at the edge. Whoever may read or put the bucket's policy may do the same with it.
 *
 * @returns undefined: the request is none of them
 */
export function bucketEdgeOperationFor({
  method,
  key = "",
}: Pick<S3Request, "key" | "method">): BucketOperation | undefined {
  const [, , subject] = PATH.exec(key) ?? [];
  return subject === undefined ? undefined : OPERATIONS[`${method} ${subject}`];
}

const OPERATIONS: Readonly<Record<string, BucketOperation>> = {
  /** `GET /_ledge/buckets/{name}/edge` → `{"mode": "off"}` or `{"mode": "public", "maxAgeSeconds": 60}` */
  "GET edge": operation("GetBucketEdge", "GetBucketPolicy", async ({ bucket }) =>
    jsonResponse(edgeOf(bucket) ?? { mode: "off" }),
  ),
  /** `PUT /_ledge/buckets/{name}/edge`: 204; InvalidRequest, InvalidBucketState (the policy lets nobody read without a signature) */
  "PUT edge": operation("PutBucketEdge", "PutBucketPolicy", async (context) => {
    const document = readEdgeDocument(await readDocument(context));
    await configureBucket(context, context.bucket, async (bucket) => {
      if (document !== undefined && !hasPublicObjects(bucketFactsOf(bucket, context.settings)))
        throw notPublic();
      return changeTo(document);
    });
    return emptyResponse(204);
  }),
  /** `DELETE /_ledge/buckets/{name}/edge`: 204, also when it is off */
  "DELETE edge": operation("DeleteBucketEdge", "PutBucketPolicy", async (context) => {
    await configureBucket(context, context.bucket, async () => changeTo(undefined));
    return emptyResponse(204);
  }),
  /**
   * `POST /_ledge/buckets/{name}/purge`: 204; InvalidBucketState (it is off). Nothing is deleted: the same setting, put again, has
   * another revision, and with it all that is stored has a key that nobody asks for any more.
   */
  "POST purge": operation("PurgeBucketEdge", "PutBucketPolicy", async (context) => {
    await configureBucket(context, context.bucket, async (bucket) => {
      const document = edgeOf(bucket);
      if (document === undefined)
        throw invalidState("The bucket has no public lane that could be purged.");
      return changeTo(document);
    });
    return emptyResponse(204);
  }),
};

function operation(
  name: string,
  action: string,
  handle: (context: BucketContext) => Promise<Response>,
): BucketOperation {
  const access = onBucket(action, OWN_ACCOUNT_ONLY);
  return { name, scope: "bucket", access, readdress: ofBucket, handle };
}

/** As if the request were to the bucket that its path names. */
function ofBucket(request: S3Request): S3Request {
  const [, bucket] = PATH.exec(request.key ?? "") ?? [];
  return { ...request, bucket, key: undefined, keyWithPluses: undefined };
}

function changeTo(document: EdgeDocument | undefined): DocumentChange {
  const body = document && JSON.stringify(document);
  return { kind: EDGE_KIND, id: "", part: "gateway", body, flags: undefined };
}

function notPublic(): S3Error {
  return invalidState(
    "The bucket's policy does not let everybody read objects (s3:GetObject, without a condition), or public access is blocked.",
  );
}

function invalidState(message: string): S3Error {
  return new S3Error("InvalidBucketState", { message });
}
