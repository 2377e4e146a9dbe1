import type { XmlContent } from "../../lib/xml-writer.ts";
import { type ErrorCode, S3Error } from "../../protocol/errors.ts";
import { xmlResponse } from "../../protocol/respond.ts";
import type { OpenRoute } from "../not-implemented.ts";
import { onBucket } from "../access.ts";
import type { BucketOperation } from "../operation.ts";
import type { STORED_DOCUMENTS } from "./stored-documents.ts";

/** Actions that are not called as the operation is. */
const ACTIONS: ReadonlyMap<string, string> = new Map([
  ["GetBucketInventoryConfiguration", "GetInventoryConfiguration"],
  ["ListBucketInventoryConfigurations", "GetInventoryConfiguration"],
  ["GetBucketMetadataConfiguration", "GetBucketMetadataTableConfiguration"],
]);

/**
 * What a bucket that nobody has configured answers to every read of its configuration: clients ask these before
 * anything else, and take a 501 for a broken server.
 *
 * Source of the codes: the API reference of each operation; of the list roots: AWS's answers.
 */
export const FRESH_BUCKET = {
  "GET bucket?inventory": answers(
    "ListBucketInventoryConfigurations",
    "ListInventoryConfigurationsResult",
    [["IsTruncated", "false"]],
  ),
  "GET bucket?inventory&id": lacks("GetBucketInventoryConfiguration", "NoSuchConfiguration"),
  "GET bucket?metadataConfiguration": lacks(
    "GetBucketMetadataConfiguration",
    "MetadataConfigurationNotFound",
  ),
  "GET bucket?metadataTable": lacks(
    "GetBucketMetadataTableConfiguration",
    "MetadataConfigurationNotFound",
  ),
} satisfies Partial<Record<Exclude<OpenRoute, keyof typeof STORED_DOCUMENTS>, BucketOperation>>;

function answers(name: string, root: string, content: XmlContent = []): BucketOperation {
  const handle = async () => xmlResponse(root, content);
  return { name, scope: "bucket", access: onBucket(ACTIONS.get(name) ?? name), handle };
}

function lacks(name: string, code: ErrorCode): BucketOperation {
  return {
    name,
    scope: "bucket",
    access: onBucket(ACTIONS.get(name) ?? name),
    handle: async ({ bucket }) => {
      // Of a configuration that a bucket may have several of, by id, AWS's error does not name the bucket.
      const fields = code === "NoSuchConfiguration" ? {} : { BucketName: bucket.name };
      throw new S3Error(code, { fields });
    },
  };
}
