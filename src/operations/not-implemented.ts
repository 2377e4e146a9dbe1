import type { RouteKey } from "./route-key.ts";

/** Operations that S3 has and Ledge has not: each request is refused by AWS's name for it. */
export const NOT_IMPLEMENTED = {
  "GET service?max-directory-buckets": "ListDirectoryBuckets",
  "POST /WriteGetObjectResponse": "WriteGetObjectResponse",

  "GET bucket?session": "CreateSession",

  "PUT bucket?metadataAnnotationTable": "UpdateBucketMetadataAnnotationTableConfiguration",
  "PUT bucket?metadataInventoryTable": "UpdateBucketMetadataInventoryTableConfiguration",
  "PUT bucket?metadataJournalTable": "UpdateBucketMetadataJournalTableConfiguration",

  "POST bucket?metadataConfiguration": "CreateBucketMetadataConfiguration",
  "POST bucket?metadataTable": "CreateBucketMetadataTableConfiguration",

  "DELETE bucket?metadataConfiguration": "DeleteBucketMetadataConfiguration",
  "DELETE bucket?metadataTable": "DeleteBucketMetadataTableConfiguration",

  "GET object?torrent": "GetObjectTorrent",

  "POST object?select": "SelectObjectContent",
} as const satisfies Partial<Record<RouteKey | "POST /WriteGetObjectResponse", string>>;

/** The routes that the registry may have: a route of the table above does not compile there. */
export type OpenRoute = Exclude<RouteKey, keyof typeof NOT_IMPLEMENTED>;
