import { noSuchBucket } from "../../domain/bucket-owner.ts";
import { readDocument } from "../../domain/body/read-document.ts";
import { configureBucket } from "../../domain/configure-bucket.ts";
import { QUOTA_KIND, quotaOf } from "../../domain/quota/bucket-quota.ts";
import { type Quota, readQuota } from "../../protocol/quota/quota-document.ts";
import { emptyResponse, jsonResponse } from "../../protocol/respond.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import type { BucketRecord } from "../../storage/ports/bucket-directory.ts";
import { ofRoot } from "../accounts/of-root.ts";
import type { AccountContext, AccountOperation } from "../operation.ts";

const PATH = /^buckets\/([^/]{1,255})\/quota$/;

/** The operations on what a bucket may have at most, which are the deployment root's. @returns undefined: the request is none of them */
export function quotaOperationFor({
  method,
  key = "",
}: Pick<S3Request, "key" | "method">): AccountOperation | undefined {
  return PATH.test(key) ? OPERATIONS[method] : undefined;
}

const OPERATIONS: Readonly<Record<string, AccountOperation>> = {
  /** `GET /_ledge/buckets/{name}/quota` → `{"bytes": 1000000, "objects": 100}`, without what is not limited; NoSuchBucket */
  GET: ofRoot("GetBucketQuota", async (context) =>
    jsonResponse(quotaOf(await bucketOf(context)) ?? {}),
  ),
  /** `PUT /_ledge/buckets/{name}/quota`: 204; NoSuchBucket, InvalidRequest */
  PUT: ofRoot("PutBucketQuota", async (context) => {
    const quota = readQuota(await readDocument(context));
    return change(context, quota);
  }),
  /** `DELETE /_ledge/buckets/{name}/quota`: 204, also when there is none; NoSuchBucket */
  DELETE: ofRoot("DeleteBucketQuota", (context) => change(context, undefined)),
};

async function change(context: AccountContext, quota: Quota | undefined): Promise<Response> {
  const body = quota && JSON.stringify(quota);
  const document = { kind: QUOTA_KIND, id: "", part: "gateway", body, flags: undefined } as const;
  const bucket = await bucketOf(context);
  await configureBucket({ ...context, decisions: [] }, bucket, async () => document);
  return emptyResponse(204);
}

async function bucketOf({ directory, request }: AccountContext): Promise<BucketRecord> {
  const [, name = ""] = PATH.exec(request.key ?? "") ?? [];
  const bucket = await directory.find(name);
  if (bucket === undefined) throw noSuchBucket(name);
  return bucket;
}
