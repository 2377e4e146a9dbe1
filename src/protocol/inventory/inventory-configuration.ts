import {
  boolean,
  type Infer,
  object,
  one,
  oneOf,
  optional,
  some,
  text,
} from "../../lib/xml-shape.ts";
import { S3Error } from "../errors.ts";
import { INVENTORY_FIELDS } from "./inventory-fields.ts";

const Encryption = object({
  "SSE-KMS": optional(object({ KeyId: one(text) })),
  "SSE-S3": optional(object({})),
});

const S3BucketDestination = object({
  AccountId: optional(text),
  Bucket: one(text),
  Encryption: optional(Encryption),
  Format: one(oneOf("CSV", "ORC", "Parquet")),
  Prefix: optional(text),
});

export const InventoryConfiguration = object({
  Destination: one(object({ S3BucketDestination: one(S3BucketDestination) })),
  Filter: optional(object({ Prefix: one(text) })),
  Id: one(text),
  IncludedObjectVersions: one(oneOf("All", "Current")),
  IsEnabled: one(boolean),
  OptionalFields: optional(object({ Field: some(oneOf(...INVENTORY_FIELDS)) })),
  Schedule: one(object({ Frequency: one(oneOf("Daily", "Weekly")) })),
});

export type InventoryConfiguration = Infer<typeof InventoryConfiguration>;

/** The bucket that is listed: shards do not know its name. */
export interface InventorySource {
  readonly bucket: string;
  readonly accountId: string;
  readonly ownerId: string;
}

/** As it is stored. */
export interface InventoryDocument extends InventoryConfiguration {
  readonly source: InventorySource;
}

/**
 * What the shape does not say.
 *
 * @throws S3Error NotImplemented (another format than CSV), MalformedXML (both ways of encryption)
 */
export function checkInventory({ Destination }: InventoryConfiguration): void {
  const { Format, Encryption: encryption } = Destination.S3BucketDestination;
  if (Format !== "CSV")
    throw new S3Error("NotImplemented", { message: `The format ${Format} is not implemented` });
  if (encryption?.["SSE-KMS"] !== undefined && encryption["SSE-S3"] !== undefined)
    throw new S3Error("MalformedXML");
}

/** `arn:aws:s3:::bucket` → `bucket` */
export function destinationBucket({ Destination }: InventoryConfiguration): string {
  return Destination.S3BucketDestination.Bucket.split(":").at(-1) ?? "";
}
