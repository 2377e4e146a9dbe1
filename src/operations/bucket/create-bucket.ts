import { readDocument } from "../../domain/body/read-document.ts";
import { checkSignedRegion } from "../../domain/signed-region.ts";
import { ulid } from "../../lib/ulid.ts";
import { many, object, one, optional, text } from "../../lib/xml-shape.ts";
import { checkNewBucketName } from "../../protocol/bucket-name.ts";
import { S3Error } from "../../protocol/errors.ts";
import { readXml } from "../../protocol/read-xml.ts";
import { emptyResponse } from "../../protocol/respond.ts";
import { refuseUnbuiltHeaders } from "../../protocol/unbuilt-headers.ts";
import type { AccountContext, AccountOperation } from "../operation.ts";

const MAX_DOCUMENT_BYTES = 64 * 1024;
/** S3's first region: to make a bucket of one's own there once more has always been a success. */
const CLASSIC_REGION = "us-east-1";

const CreateBucketConfiguration = object({
  LocationConstraint: optional(text),
  Location: optional(object({ Name: optional(text), Type: optional(text) })),
  Bucket: optional(object({ DataRedundancy: optional(text), Type: optional(text) })),
  Tags: optional(object({ Tag: many(object({ Key: one(text), Value: one(text) })) })),
});

/**
 * `PUT /{bucket}`: makes a bucket. Any LocationConstraint is kept and echoed; without one it is the configured region.
 *
 * Errors: InvalidBucketName, InvalidLocationConstraint, BucketAlreadyExists, BucketAlreadyOwnedByYou (not in us-east-1,
 * where it is a success), MalformedXML, NotImplemented (directory buckets, tags, object lock).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
 */
export const createBucket: AccountOperation = {
  name: "CreateBucket",
  scope: "account",
  async handle(context) {
    const { request, caller, settings, directory, buckets, indexOf, signedRegion } = context;
    const name = request.bucket ?? "";
    checkNewBucketName(name);
    refuseUnbuiltHeaders(request.headers);
    const region = (await locationConstraint(context)) ?? settings.region;
    checkSignedRegion(signedRegion, region, settings.region);

    const now = Date.now();
    const { bucket, isNew } = await directory.create({
      id: ulid(now),
      name,
      region,
      ownerId: caller.canonicalId,
      shardCount: settings.indexShards,
      createdMs: now,
    });
    if (isNew) {
      await indexOf(bucket).open();
      await buckets.refresh(name);
    } else if (bucket.ownerId !== caller.canonicalId) {
      throw new S3Error("BucketAlreadyExists", { fields: { BucketName: name } });
    } else if (bucket.region !== CLASSIC_REGION || region !== CLASSIC_REGION) {
      throw new S3Error("BucketAlreadyOwnedByYou", { fields: { BucketName: name } });
    }
    return emptyResponse(200, { location: `/${name}` });
  },
};

async function locationConstraint(context: AccountContext): Promise<string | undefined> {
  const document = await readDocument(context.request, context.payload, MAX_DOCUMENT_BYTES);
  if (document.byteLength === 0) return undefined;
  const { LocationConstraint, Location, Bucket, Tags } = readXml(
    document,
    "CreateBucketConfiguration",
    CreateBucketConfiguration,
  );
  if (Location !== undefined || Bucket !== undefined)
    throw new S3Error("NotImplemented", { message: "Directory buckets are not implemented" });
  if (Tags !== undefined)
    throw new S3Error("NotImplemented", { message: "Bucket tags are not implemented" });
  if (LocationConstraint === undefined || LocationConstraint === "") return undefined;
  if (!/^[A-Za-z0-9-]{1,64}$/.test(LocationConstraint)) {
    throw new S3Error("InvalidLocationConstraint", { fields: { LocationConstraint } });
  }
  return LocationConstraint;
}
