import {
  CreateBucketCommand,
  DeleteBucketCommand,
  GetBucketLocationCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  paginateListBuckets,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { expect, inject, test } from "vitest";
import { expectSdkError, sdkClient, uniqueBucket, uniqueName } from "../support/sdk.ts";

const ledge = inject("ledge");
const s3 = sdkClient(ledge);

test("ListBuckets lists a prefix page by page, in order of name", async () => {
  const prefix = uniqueName();
  const names = Array.from({ length: 7 }, (_, i) => `${prefix}-${i}`);
  for (const Bucket of names.toReversed()) await s3.send(new CreateBucketCommand({ Bucket }));
  await uniqueBucket(s3);

  const pages: (string | undefined)[][] = [];
  for await (const page of paginateListBuckets({ client: s3, pageSize: 3 }, { Prefix: prefix })) {
    pages.push((page.Buckets ?? []).map(({ Name }) => Name));
  }
  expect(pages).toEqual([names.slice(0, 3), names.slice(3, 6), names.slice(6)]);
});

test("ListBuckets says who owns the buckets, when each was made, and where", async () => {
  const sinceMs = Date.now() - 1000;
  const Bucket = await uniqueBucket(s3);
  const { Owner, Buckets = [] } = await s3.send(new ListBucketsCommand({ Prefix: Bucket }));
  expect(Owner?.ID).toMatch(/^[0-9a-f]{64}$/);
  expect(Buckets).toEqual([
    {
      Name: Bucket,
      BucketArn: `arn:aws:s3:::${Bucket}`,
      BucketRegion: "us-east-1",
      CreationDate: expect.any(Date),
    },
  ]);
  expect(Buckets[0]?.CreationDate?.getTime()).toBeGreaterThan(sinceMs);
});

test("a bucket keeps its LocationConstraint", async () => {
  const Bucket = uniqueName();
  const CreateBucketConfiguration = { LocationConstraint: "eu-central-1" } as const;
  await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
  const location = await s3.send(new GetBucketLocationCommand({ Bucket }));
  expect(location.LocationConstraint).toBe("eu-central-1");
  const head = await s3.send(new HeadBucketCommand({ Bucket }));
  expect(head.BucketRegion).toBe("eu-central-1");
});

test("a client of the bucket's own region is accepted, one of a third is told the region", async () => {
  const Bucket = uniqueName();
  const european = sdkClient(ledge, { region: "eu-central-1" });
  const CreateBucketConfiguration = { LocationConstraint: "eu-central-1" } as const;
  await european.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
  await european.send(new PutObjectCommand({ Bucket, Key: "key", Body: "body" }));
  const asian = sdkClient(ledge, { region: "ap-south-1" });
  await expect(
    asian.send(new PutObjectCommand({ Bucket, Key: "key", Body: "body" })),
  ).rejects.toMatchObject({ name: "AuthorizationHeaderMalformed", Region: "eu-central-1" });
});

test("a bucket in us-east-1 has no LocationConstraint", async () => {
  const Bucket = await uniqueBucket(s3);
  const location = await s3.send(new GetBucketLocationCommand({ Bucket }));
  expect(location.LocationConstraint).toBeUndefined();
});

test("one's own bucket can be made again in us-east-1 only", async () => {
  const Bucket = await uniqueBucket(s3);
  await s3.send(new CreateBucketCommand({ Bucket }));

  const european = {
    Bucket: uniqueName(),
    CreateBucketConfiguration: { LocationConstraint: "eu-west-1" },
  } as const;
  await s3.send(new CreateBucketCommand(european));
  const again = s3.send(new CreateBucketCommand(european));
  await expectSdkError(again, 409, "BucketAlreadyOwnedByYou");
});

test("HeadBucket of a bucket that does not exist is NotFound", async () => {
  await expectSdkError(s3.send(new HeadBucketCommand({ Bucket: uniqueName() })), 404, "NotFound");
});

test("a bucket is deleted when it is empty, and not before", async () => {
  const Bucket = await uniqueBucket(s3);
  const empty = await uniqueBucket(s3);
  await s3.send(new PutObjectCommand({ Bucket, Key: "key", Body: "body" }));
  await expectSdkError(s3.send(new DeleteBucketCommand({ Bucket })), 409, "BucketNotEmpty");
  await s3.send(new DeleteBucketCommand({ Bucket: empty }));
  await expectSdkError(s3.send(new HeadBucketCommand({ Bucket: empty })), 404, "NotFound");
});

test("a bucket name that S3 forbids is InvalidBucketName", async () => {
  const answer = s3.send(new CreateBucketCommand({ Bucket: "Capitals_and_underscores" }));
  await expectSdkError(answer, 400, "InvalidBucketName");
});
