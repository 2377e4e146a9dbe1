import { type ErrorCode, S3Error } from "../../protocol/errors.ts";
import type { OpenRoute } from "../not-implemented.ts";
import { onBucket } from "../access.ts";
import type { BucketOperation } from "../operation.ts";
import type { STORED_DOCUMENTS } from "./stored-documents.ts";

/** Actions that are not called as the operation is. */
const ACTIONS: ReadonlyMap<string, string> = new Map([
  ["GetBucketMetadataConfiguration", "GetBucketMetadataTableConfiguration"],
]);

/**
 * What a bucket that nobody has configured answers to every read of its configuration: clients ask these before
 * anything else, and take a 501 for a broken server.
 *
 * Source of the codes: the API reference of each operation.
 */
export const FRESH_BUCKET = {
  "GET bucket?metadataConfiguration": lacks(
    "GetBucketMetadataConfiguration",
    "MetadataConfigurationNotFound",
  ),
  "GET bucket?metadataTable": lacks(
    "GetBucketMetadataTableConfiguration",
    "MetadataConfigurationNotFound",
  ),
} satisfies Partial<Record<Exclude<OpenRoute, keyof typeof STORED_DOCUMENTS>, BucketOperation>>;

function lacks(name: string, code: ErrorCode): BucketOperation {
  return {
    name,
    scope: "bucket",
    access: onBucket(ACTIONS.get(name) ?? name),
    handle: async ({ bucket }) => {
      throw new S3Error(code, { fields: { BucketName: bucket.name } });
    },
  };
}
