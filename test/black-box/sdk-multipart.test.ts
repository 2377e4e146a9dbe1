import { createHash, randomBytes } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  type ChecksumAlgorithm,
  type ChecksumType,
  CompleteMultipartUploadCommand,
  type CompletedPart,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  paginateListParts,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, expect, inject, test } from "vitest";
import { expectSdkError, presign, sdkClient, streamOf, uniqueBucket } from "../support/sdk.ts";

const PART_BYTES = 5 * 1024 * 1024;

const ledge = inject("ledge");
const s3 = sdkClient(ledge);
let Bucket: string;
beforeAll(async () => {
  Bucket = await uniqueBucket(s3);
});

async function create(
  Key: string,
  checksum: { ChecksumAlgorithm?: ChecksumAlgorithm; ChecksumType?: ChecksumType } = {},
): Promise<string> {
  const input = { Bucket, Key, Metadata: { author: "me" }, ...checksum };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(input));
  if (UploadId === undefined) throw new Error("no upload id");
  return UploadId;
}

/** As the SDK's own uploader does: what the answer says of the part goes into the completion. */
async function upload(
  Key: string,
  UploadId: string,
  PartNumber: number,
  Body: Buffer,
  options: { ChecksumAlgorithm?: ChecksumAlgorithm; asStream?: true } = {},
): Promise<CompletedPart> {
  const { asStream, ...checksum } = options;
  const answer = await s3.send(
    new UploadPartCommand({
      Bucket,
      Key,
      UploadId,
      PartNumber,
      Body: asStream === true ? streamOf(Body) : Body,
      ContentLength: Body.length,
      ...checksum,
    }),
  );
  return { ...answer, PartNumber };
}

async function read(Key: string): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

function etagOf(bodies: readonly Buffer[]): string {
  const md5s = bodies.map((body) => createHash("md5").update(body).digest());
  return `"${createHash("md5").update(Buffer.concat(md5s)).digest("hex")}-${bodies.length}"`;
}

test("parts sent at once, in any order, as buffers and as streams, are the object", async () => {
  const Key = "a b/ü+.bin";
  const bodies = [PART_BYTES, PART_BYTES + 12_345, PART_BYTES, 1].map((size) => randomBytes(size));
  const UploadId = await create(Key);
  const order = [3, 1, 2, 4];
  const parts = await Promise.all(
    order.map((n) =>
      upload(Key, UploadId, n, bodies[n - 1] ?? Buffer.alloc(0), n === 2 ? { asStream: true } : {}),
    ),
  );
  const Parts = parts
    .toSorted((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0))
    .map(({ PartNumber, ETag }) => ({ PartNumber, ETag }));
  const completion = { Bucket, Key, UploadId, MultipartUpload: { Parts } };
  const done = await s3.send(new CompleteMultipartUploadCommand(completion));
  expect(done).toMatchObject({ Bucket, Key, ETag: etagOf(bodies) });
  expect(done.Location).toBe(`${ledge.endpoint}/${Bucket}/a%20b/%C3%BC%2B.bin`);
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key }));
  expect(head).toMatchObject({
    ContentLength: 3 * PART_BYTES + 12_346,
    ETag: etagOf(bodies),
    Metadata: { author: "me" },
  });
  expect((await read(Key)).equals(Buffer.concat(bodies))).toBe(true);
});

test.for([
  ["CRC32", "COMPOSITE"],
  ["CRC32", "FULL_OBJECT"],
  ["CRC32C", "COMPOSITE"],
  ["CRC64NVME", "FULL_OBJECT"],
  ["SHA256", "COMPOSITE"],
] as const)(
  "with %s, %s, the checksums of the parts make that of the object",
  async ([algorithm, type]) => {
    const Key = `checksum/${algorithm}/${type}`;
    const checksum = { ChecksumAlgorithm: algorithm };
    const UploadId = await create(Key, { ...checksum, ChecksumType: type });
    const bodies = [randomBytes(PART_BYTES), randomBytes(1000)] as const;
    const Parts = [
      await upload(Key, UploadId, 1, bodies[0], { ...checksum, asStream: true }),
      await upload(Key, UploadId, 2, bodies[1], checksum),
    ];
    const name = `Checksum${algorithm}` as const;
    const listed = await s3.send(new ListPartsCommand({ Bucket, Key, UploadId }));
    expect(listed).toMatchObject({ ...checksum, ChecksumType: type });
    expect(listed.Parts?.map((part) => part[name])).toEqual(Parts.map((part) => part[name]));
    const done = await s3.send(
      new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
    );
    expect(done).toMatchObject({ [name]: expect.any(String), ChecksumType: type });
    expect(done[name]?.endsWith("-2")).toBe(type === "COMPOSITE");
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
    expect(head).toMatchObject({ [name]: done[name], ChecksumType: type });
    // The SDK compares what it reads with a checksum of the whole object.
    expect((await read(Key)).equals(Buffer.concat(bodies))).toBe(true);
  },
);

test("uploads and parts are listed page by page, and gone after an abort", async () => {
  const Key = "listed";
  const UploadId = await create(Key);
  for (let n = 1; n <= 5; n += 1) await upload(Key, UploadId, n, Buffer.from(`part ${n}`));
  const numbers: (number | undefined)[] = [];
  const pages = paginateListParts({ client: s3, pageSize: 2 }, { Bucket, Key, UploadId });
  for await (const { Parts = [] } of pages)
    numbers.push(...Parts.map(({ PartNumber }) => PartNumber));
  expect(numbers).toEqual([1, 2, 3, 4, 5]);

  const listing = new ListMultipartUploadsCommand({ Bucket, Prefix: Key });
  expect(await s3.send(listing)).toMatchObject({
    IsTruncated: false,
    Uploads: [{ Key, UploadId, StorageClass: "STANDARD", Initiated: expect.any(Date) }],
  });
  await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  expect((await s3.send(listing)).Uploads).toBeUndefined();
  await expectSdkError(upload(Key, UploadId, 6, Buffer.from("late")), 404, "NoSuchUpload");
});

test("a part goes by a presigned URL", async () => {
  const Key = "presigned";
  const UploadId = await create(Key);
  const query = { partNumber: "1", uploadId: UploadId };
  const url = await presign(ledge, "PUT", `/${Bucket}/${Key}`, query);
  const part = await fetch(url, { method: "PUT", body: "by URL" });
  expect(part.status, await part.text()).toBe(200);
  const ETag = part.headers.get("etag") ?? "";
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }));
  expect((await read(Key)).toString()).toBe("by URL");
});

test("what cannot be an object is refused as AWS does", async () => {
  const Key = "refused";
  const UploadId = await create(Key);
  const small = await upload(Key, UploadId, 1, Buffer.from("small"));
  const last = await upload(Key, UploadId, 2, Buffer.from("last"));
  const complete = (Parts: readonly CompletedPart[]) =>
    s3.send(
      new CompleteMultipartUploadCommand({
        Bucket,
        Key,
        UploadId,
        MultipartUpload: {
          Parts: Parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag })),
        },
      }),
    );
  await expectSdkError(complete([small, last]), 400, "EntityTooSmall");
  await expectSdkError(complete([last, small]), 400, "InvalidPartOrder");
  await expectSdkError(complete([{ ...last, PartNumber: 3 }]), 400, "InvalidPart");
  await expectSdkError(complete([]), 400, "MalformedXML");
  await complete([last]);
  const { ContentLength } = await s3.send(new HeadObjectCommand({ Bucket, Key }));
  expect(ContentLength).toBe(4);
});
