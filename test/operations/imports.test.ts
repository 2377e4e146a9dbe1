import { describe, expect, test } from "vitest";
import { exports } from "cloudflare:workers";
import { createHash } from "node:crypto";
import { newVersionId } from "../../src/protocol/version-id.ts";
import { fetchAs, newAccount } from "../support/accounts.ts";
import {
  elements,
  expectError,
  signedFetch,
  signRequest,
  uniqueBucket,
} from "../support/client.ts";
import { bucketIdOf } from "../support/faults.ts";
import { createUpload, PART_BYTES, putPart } from "../support/multipart.ts";
import { replicatedPair, statusOf, versionsOf } from "../support/replication.ts";
import { query } from "../support/shards.ts";
import { get, listVersions, put, versionedBucket } from "../support/versions.ts";

const DATE = "2024-01-02T03:04:05.000Z";
const HTTP_DATE = "Tue, 02 Jan 2024 03:04:05 GMT";
const OPAQUE = "0123456789abcdef0123456789abcdef";
const OURS = newVersionId(1_000_000);
const AWSS = "ll_PbhT1r2KXhfE5Mcd6.gGJ6zXZGkEa";
const MINIOS = "b4c2b0a6-6f5d-4f44-9f5c-0f0b3d3c8d11";

const importing = (versionId: string, others: object = {}) => ({
  "x-ledge-import": JSON.stringify({ versionId, lastModified: DATE, ...others }),
});

function putImported(
  bucket: string,
  key: string,
  body: string,
  headers: Record<string, string>,
): Promise<Response> {
  return signedFetch("PUT", `/${bucket}/${key}`, { headers, body });
}

async function imported(...given: Parameters<typeof putImported>): Promise<Response> {
  const answer = await putImported(...given);
  expect(answer.status, await answer.clone().text()).toBe(200);
  return answer;
}

describe("an imported version", () => {
  test.for([OURS, AWSS, MINIOS])("keeps its id %s, its date, and its ETag", async (id) => {
    const bucket = await versionedBucket();
    const answer = await imported(bucket, "k", "body", importing(id, { etag: OPAQUE }));
    expect(answer.headers.get("etag")).toBe(`"${OPAQUE}"`);
    expect(answer.headers.get("x-amz-version-id")).toBe(id);
    await put(bucket, "k", "newer");
    const read = await get(bucket, "k", id);
    expect(await read.text()).toBe("body");
    expect(read.headers.get("last-modified")).toBe(HTTP_DATE);
    expect(read.headers.get("etag")).toBe(`"${OPAQUE}"`);
    expect(read.headers.get("x-amz-replication-status")).toBeNull();
    const { versions, document } = await listVersions(bucket);
    expect(versions.map(({ id: each, isLatest }) => [each === id, isLatest])).toEqual([
      [false, true],
      [true, false],
    ]);
    expect(document).toContain(DATE);
    const removed = () => signedFetch("DELETE", `/${bucket}/k`, { query: { versionId: id } });
    expect((await removed()).status).toBe(204);
    // Whoever has not heard the answer asks once more.
    expect((await removed()).status).toBe(204);
    if (id === OURS) await expectError(await get(bucket, "k", id), 404, "NoSuchVersion");
    else await expectError(await get(bucket, "k", id), 400, "InvalidArgument");
  });

  test("has the ETag of its bytes if none is given, and comes once", async () => {
    const bucket = await versionedBucket();
    const answer = await imported(bucket, "k", "body", importing(AWSS));
    const md5 = createHash("md5").update("body").digest("hex");
    expect(answer.headers.get("etag")).toBe(`"${md5}"`);
    const again = await putImported(bucket, "k", "other", importing(AWSS));
    await expectError(again, 412, "PreconditionFailed");
    expect(await (await get(bucket, "k")).text()).toBe("body");
  });

  test("without an id is the null version, in a bucket with versions once", async () => {
    const bucket = await versionedBucket();
    await imported(bucket, "k", "body", importing("null"));
    const again = await putImported(bucket, "k", "body", importing("null"));
    await expectError(again, 412, "PreconditionFailed");
    const another = importing("null", { lastModified: "2023-01-02T03:04:05.000Z" });
    expect((await putImported(bucket, "k", "body", another)).status).toBeGreaterThanOrEqual(400);
    const plain = await uniqueBucket();
    await put(plain, "k", "before");
    await imported(plain, "k", "body", importing("null"));
    const read = await get(plain, "k");
    expect([await read.text(), read.headers.get("last-modified")]).toEqual(["body", HTTP_DATE]);
    const refused = await putImported(plain, "k", "body", importing(AWSS));
    await expectError(refused, 409, "InvalidBucketState");
  });

  test("that is a delete marker keeps its id and its date", async () => {
    const bucket = await versionedBucket();
    await imported(bucket, "k", "body", importing(OURS));
    const headers = importing(MINIOS);
    const marked = await signedFetch("DELETE", `/${bucket}/k`, { headers });
    expect([marked.status, marked.headers.get("x-amz-version-id")]).toEqual([204, MINIOS]);
    const { document } = await listVersions(bucket);
    expect(elements(document, "LastModified")).toEqual([DATE, DATE]);
    expect((await get(bucket, "k")).status).toBe(404);
  });

  test("is replicated by no rule that came before it", async () => {
    const { from } = await replicatedPair();
    await imported(from, "k", "body", importing(OURS));
    expect(await statusOf(from, "k")).toBeNull();
  });

  test.for<[string, Record<string, string>]>([
    ["", {}],
    [", encrypted", { "x-amz-server-side-encryption": "AES256" }],
  ])("has the parts that it had%s", async ([, headers]) => {
    const bucket = await versionedBucket();
    const parts = ["first", "2nd", "the third"];
    const body = parts.join("");
    const partSizes = parts.map(({ length }) => length);
    const etag = `${OPAQUE}-3`;
    await imported(bucket, "k", body, { ...importing(AWSS, { etag, partSizes }), ...headers });
    expect(await (await get(bucket, "k")).text()).toBe(body);
    for (const [i, part] of parts.entries()) {
      const read = await signedFetch("GET", `/${bucket}/k`, {
        query: { partNumber: String(i + 1) },
      });
      expect([await read.text(), read.headers.get("x-amz-mp-parts-count")]).toEqual([part, "3"]);
    }
    // Each part refers to the blob, and the object to the list of them.
    const shard = `${await bucketIdOf(bucket)}/0`;
    const counts = await query<{ reference_count: number }>(
      shard,
      "SELECT reference_count FROM content ORDER BY reference_count",
    );
    expect(counts.map(({ reference_count: count }) => count)).toEqual([1, 3]);
    const wrong = importing(OURS, { partSizes: [1, 2] });
    await expectError(await putImported(bucket, "k", body, wrong), 400, "InvalidRequest");
    expect(await versionsOf(bucket)).toHaveLength(1);
  });

  test("comes in parts, too", async () => {
    const bucket = await versionedBucket();
    const etag = `${OPAQUE}-2`;
    const headers = importing(MINIOS, { etag });
    const uploadId = await createUpload(bucket, "k", headers);
    const parts = [
      await putPart(bucket, "k", uploadId, 1, new Uint8Array(PART_BYTES)),
      await putPart(bucket, "k", uploadId, 2, "end"),
    ];
    const listed = parts.map(
      ({ partNumber, etag: each }) =>
        `<Part><PartNumber>${partNumber}</PartNumber><ETag>${each}</ETag></Part>`,
    );
    const body = `<CompleteMultipartUpload>${listed.join("")}</CompleteMultipartUpload>`;
    const complete = (others: Record<string, string>) =>
      signedFetch("POST", `/${bucket}/k`, { query: { uploadId }, headers: others, body });
    await expectError(await complete(importing(AWSS, { etag })), 400, "InvalidRequest");
    const ended = await complete(headers);
    expect(elements(await ended.text(), "ETag")[0]).toContain(etag);
    const read = await signedFetch("HEAD", `/${bucket}/k`, { query: { versionId: MINIOS } });
    expect(read.headers.get("last-modified")).toBe(HTTP_DATE);
    expect(read.headers.get("etag")).toBe(`"${etag}"`);
  });
});

test.for([
  "",
  "text",
  "[]",
  "{}",
  JSON.stringify({ versionId: "short", lastModified: DATE }),
  JSON.stringify({ versionId: OURS }),
  JSON.stringify({ versionId: OURS, lastModified: "yesterday" }),
  JSON.stringify({ versionId: OURS, lastModified: "2999-01-01T00:00:00.000Z" }),
  JSON.stringify({ versionId: OURS, lastModified: DATE, etag: 'a"b' }),
  JSON.stringify({ versionId: OURS, lastModified: DATE, etag: "" }),
  JSON.stringify({ versionId: OURS, lastModified: DATE, partSizes: [] }),
  JSON.stringify({ versionId: OURS, lastModified: DATE, partSizes: [0, 4] }),
  JSON.stringify({ versionId: OURS, lastModified: DATE, partSizes: [1.5, 2.5] }),
  JSON.stringify({ versionId: OURS, lastModified: DATE, owner: "x" }),
  `{"versionId":"${OURS}","versionId":"${OURS}","lastModified":"${DATE}"}`,
])("an import that says %j of itself is refused, and leaves nothing", async (value) => {
  const bucket = await versionedBucket();
  const headers = { "x-ledge-import": value };
  await expectError(await putImported(bucket, "k", "body", headers), 400, "InvalidRequest");
  expect(await versionsOf(bucket)).toEqual([]);
});

test("nobody but the deployment's root imports, and not by a header that is not signed", async () => {
  const { keys } = await newAccount();
  const bucket = `b-${crypto.randomUUID()}`;
  expect((await fetchAs(keys, "PUT", `/${bucket}`)).status).toBe(200);
  const headers = importing("null");
  const put = await fetchAs(keys, "PUT", `/${bucket}/k`, { headers, body: "x" });
  await expectError(put, 403, "AccessDenied");
  await expectError(
    await fetchAs(keys, "DELETE", `/${bucket}/k`, { headers }),
    403,
    "AccessDenied",
  );
  const begun = await fetchAs(keys, "POST", `/${bucket}/k?uploads`, { headers });
  await expectError(begun, 403, "AccessDenied");
  const own = await versionedBucket();
  const request = await signRequest("PUT", `/${own}/k`, { body: "x" });
  request.headers.set("x-ledge-import", headers["x-ledge-import"] ?? "");
  await expectError(await exports.default.fetch(request), 400, "InvalidRequest");
  const copying = { ...headers, "x-amz-copy-source": `/${own}/other` };
  const copied = await signedFetch("PUT", `/${own}/k`, { headers: copying });
  await expectError(copied, 400, "InvalidRequest");
  const two = { ...importing(OURS), "x-ledge-replica": `${AWSS};source` };
  await expectError(await putImported(own, "k", "x", two), 400, "InvalidRequest");
  expect(await versionsOf(own)).toEqual([]);
});
