import { ownerOf } from "../../domain/bucket-owner.ts";
import { checkBucketArn } from "../../protocol/bucket-arn.ts";
import {
  checkInventory,
  InventoryConfiguration,
  type InventoryDocument,
} from "../../protocol/inventory/inventory-configuration.ts";
import { documentSet } from "./document-set.ts";

/**
 * `?inventory`: lists of the bucket's objects, daily or weekly, as files in another bucket. Shards make them, by their own documents.
 *
 * Errors: IdMismatch, InvalidS3DestinationBucket, NotImplemented (another format than CSV).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketInventoryConfiguration.html
 */
export const INVENTORY = documentSet({
  subresource: "inventory",
  kind: "inventory",
  part: "shard",
  root: "InventoryConfiguration",
  listRoot: "ListInventoryConfigurationsResult",
  shape: InventoryConfiguration,
  name: "InventoryConfiguration",
  otherId: "IdMismatch",
  check(document) {
    checkInventory(document);
    checkBucketArn(document.Destination.S3BucketDestination.Bucket);
  },
  stored(document, { bucket, settings }): InventoryDocument {
    const { id: accountId, canonicalId: ownerId } = ownerOf(bucket, settings.account);
    return { ...document, source: { bucket: bucket.name, accountId, ownerId } };
  },
});
