import { createHash } from "node:crypto";
import {
  GetBucketLocationCommand,
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  type S3Client,
} from "@aws-sdk/client-s3";

/** All that a server answers of what it keeps, as JSON has it; of each body its SHA-256. */
export async function everythingStored(s3: S3Client): Promise<unknown> {
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  const buckets: object[] = [];
  for (const bucket of Buckets) {
    const Bucket = bucket.Name ?? "";
    const { LocationConstraint } = await s3.send(new GetBucketLocationCommand({ Bucket }));
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
    const objects: object[] = [];
    for (const listed of Contents) {
      const get = new GetObjectCommand({ Bucket, Key: listed.Key, ChecksumMode: "ENABLED" });
      const { Body, $metadata: _, ...got } = await s3.send(get);
      const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      objects.push({ listed, got, sha256 });
    }
    buckets.push({ bucket, location: LocationConstraint, objects });
  }
  return JSON.parse(JSON.stringify(buckets));
}
