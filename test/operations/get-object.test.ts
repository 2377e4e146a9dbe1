import { beforeAll, describe, expect, test } from "vitest";
import { expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";

const SIZES = [
  { kind: "inline", sizeBytes: 100 },
  { kind: "blob", sizeBytes: 40_000 },
];

const YESTERDAY = new Date(Date.now() - 86_400_000).toUTCString();
const TOMORROW = new Date(Date.now() + 86_400_000).toUTCString();

describe.for(SIZES)("an object kept as $kind", ({ sizeBytes }) => {
  const body = Array.from({ length: sizeBytes }, (_, i) => String(i % 10)).join("");

  test.for([
    { range: "bytes=0-0", from: 0, to: 1 },
    { range: "bytes=10-19", from: 10, to: 20 },
    { range: "bytes=90-", from: 90, to: sizeBytes },
    { range: "bytes=-7", from: sizeBytes - 7, to: sizeBytes },
    { range: "bytes=5-999999999999999999999", from: 5, to: sizeBytes },
    { range: `bytes=-${sizeBytes + 5}`, from: 0, to: sizeBytes },
  ])("$range is that slice, as 206", async ({ range, from, to }) => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", body);
    const got = await signedFetch("GET", `/${bucket}/k`, { headers: { range } });
    expect(got.status).toBe(206);
    expect(got.headers.get("content-range")).toBe(`bytes ${from}-${to - 1}/${sizeBytes}`);
    expect(got.headers.get("content-length")).toBe(String(to - from));
    expect(await got.text()).toBe(body.slice(from, to));
    const head = await signedFetch("HEAD", `/${bucket}/k`, { headers: { range } });
    expect(head.status).toBe(206);
    expect(head.headers.get("content-length")).toBe(String(to - from));
  });

  test("a range past its end is InvalidRange, with its size", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", body);
    const got = await signedFetch("GET", `/${bucket}/k`, { headers: { range: "bytes=40000-" } });
    const document = await expectError(got, 416, "InvalidRange");
    expect(document).toContain(`<ActualObjectSize>${sizeBytes}</ActualObjectSize>`);
    expect(got.headers.get("content-range")).toBe(`bytes */${sizeBytes}`);
  });

  test.for(["bytes=a-b", "bytes=5-2", "pages=1-2", "bytes=0-1,3-4"])(
    "%s is no range to S3: the whole object comes",
    async (range) => {
      const bucket = await uniqueBucket();
      await putObject(bucket, "k", body);
      const got = await signedFetch("GET", `/${bucket}/k`, { headers: { range } });
      expect(got.status).toBe(200);
      expect(await got.text()).toBe(body);
    },
  );

  test("its part 1 is the whole of it, as a range; it has no part 2", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", body);
    const first = await signedFetch("GET", `/${bucket}/k`, { query: { partNumber: "1" } });
    expect(first.status).toBe(206);
    expect(first.headers.get("content-range")).toBe(`bytes 0-${sizeBytes - 1}/${sizeBytes}`);
    expect(await first.text()).toBe(body);
    const second = await signedFetch("GET", `/${bucket}/k`, { query: { partNumber: "2" } });
    await expectError(second, 416, "InvalidPartNumber");
  });

  test.for([
    { headers: { "if-match": "ETAG" }, status: 200 },
    { headers: { "if-match": "*" }, status: 200 },
    { headers: { "if-match": '"other"' }, status: 412 },
    { headers: { "if-none-match": "ETAG" }, status: 304 },
    { headers: { "if-none-match": '"other", W/ETAG' }, status: 304 },
    { headers: { "if-none-match": '"other"' }, status: 200 },
    { headers: { "if-modified-since": YESTERDAY }, status: 200 },
    { headers: { "if-modified-since": "MODIFIED" }, status: 304 },
    // AWS takes no notice of a time that has not come.
    { headers: { "if-modified-since": TOMORROW }, status: 200 },
    { headers: { "if-unmodified-since": YESTERDAY }, status: 412 },
    { headers: { "if-unmodified-since": TOMORROW }, status: 200 },
    { headers: { "if-match": "ETAG", "if-unmodified-since": YESTERDAY }, status: 200 },
    { headers: { "if-none-match": "ETAG", "if-modified-since": YESTERDAY }, status: 304 },
    { headers: { "if-none-match": '"other"', "if-modified-since": TOMORROW }, status: 200 },
    { headers: { "if-modified-since": "no date" }, status: 200 },
  ])("$headers is $status", async ({ headers, status }) => {
    const bucket = await uniqueBucket();
    const etag = (await putObject(bucket, "k", body)).headers.get("etag") ?? "";
    const modified = (await signedFetch("HEAD", `/${bucket}/k`)).headers.get("last-modified") ?? "";
    const given: Record<string, string> = {};
    for (const [name, value] of Object.entries(headers))
      given[name] = value.replace("ETAG", etag).replace("MODIFIED", modified);
    for (const method of ["GET", "HEAD"]) {
      const got = await signedFetch(method, `/${bucket}/k`, { headers: given });
      expect(got.status, method).toBe(status);
      if (status === 304) {
        expect(got.headers.get("etag")).toBe(etag);
        expect(await got.text()).toBe("");
      }
    }
  });
});

describe("a resumed download", () => {
  const places = { inline: "0123456789", blob: "0123456789".repeat(2000) };
  let bucket: string;
  const validators: Record<string, string> = {};
  beforeAll(async () => {
    bucket = await uniqueBucket();
    for (const [key, body] of Object.entries(places))
      validators[key] = (await putObject(bucket, key, body)).headers.get("etag") ?? "";
    const { headers } = await signedFetch("HEAD", `/${bucket}/blob`);
    validators["modified"] = headers.get("last-modified") ?? "";
  });

  test.for([
    { ifRange: "ETAG", status: 206 },
    { ifRange: '"older"', status: 200 },
    { ifRange: "W/ETAG", status: 200 },
    { ifRange: YESTERDAY, status: 200 },
    { ifRange: TOMORROW, status: 200 },
    { ifRange: "no validator", status: 200 },
  ])("with If-Range: $ifRange is $status, and never a mix of two objects", async (given) => {
    for (const [key, body] of Object.entries(places))
      for (const method of ["GET", "HEAD"]) {
        const ifRange = given.ifRange.replace("ETAG", validators[key] ?? "");
        const headers = { range: "bytes=8-", "if-range": ifRange };
        const got = await signedFetch(method, `/${bucket}/${key}`, { headers });
        expect([got.status, got.headers.has("content-range")]).toEqual([
          given.status,
          given.status === 206,
        ]);
        const bytes = given.status === 206 ? body.slice(8) : body;
        expect(got.headers.get("content-length")).toBe(String(bytes.length));
        expect(await got.text()).toBe(method === "HEAD" ? "" : bytes);
      }
  });

  test("with If-Range of its date is 206", async () => {
    const headers = { range: "bytes=-1", "if-range": validators["modified"] ?? "" };
    expect((await signedFetch("GET", `/${bucket}/blob`, { headers })).status).toBe(206);
  });

  test("with If-Range of another object is 200, even if the range is beyond the end", async () => {
    const headers = { range: "bytes=99999-", "if-range": '"older"' };
    const got = await signedFetch("GET", `/${bucket}/inline`, { headers });
    expect([got.status, await got.text()]).toEqual([200, places.inline]);
  });

  test("If-Range without Range is no condition", async () => {
    const headers = { "if-range": '"older"' };
    expect((await signedFetch("GET", `/${bucket}/inline`, { headers })).status).toBe(200);
  });
});

// Recorded from AWS, 2026-02: localstack's test_get_object_range.
test.for([
  { range: "bytes=-15", status: 206, isTold: true },
  { range: "bytes=0-100", status: 206, isTold: true },
  { range: "bytes=0-", status: 206, isTold: true },
  { range: "bytes=0-8", status: 206, isTold: false },
  { range: "bytes=1-", status: 206, isTold: false },
  { range: "bytes=-9", status: 206, isTold: false },
  { range: "bytes=1-0", status: 200, isTold: true },
])("of $range, the checksum of the object is told ($isTold)", async ({ range, status, isTold }) => {
  const bucket = await uniqueBucket();
  const checksum = { "x-amz-checksum-crc32": "poTHxg==" };
  await putObject(bucket, "k", "0123456789", checksum);
  for (const method of ["GET", "HEAD"]) {
    const headers = { range, "x-amz-checksum-mode": "ENABLED" };
    const got = await signedFetch(method, `/${bucket}/k`, { headers });
    expect(got.status).toBe(status);
    expect(got.headers.get("x-amz-checksum-crc32")).toBe(isTold ? "poTHxg==" : null);
    expect(got.headers.get("x-amz-checksum-type")).toBe(isTold ? "FULL_OBJECT" : null);
  }
});

test("HEAD answers what GET does, Content-Length included, without the body", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "k", "b".repeat(20_000), { "x-amz-meta-a": "1" });
  const get = await signedFetch("GET", `/${bucket}/k`);
  const head = await signedFetch("HEAD", `/${bucket}/k`);
  expect(head.status).toBe(200);
  for (const name of [
    "content-length",
    "etag",
    "last-modified",
    "content-type",
    "accept-ranges",
    "x-amz-meta-a",
  ])
    expect(head.headers.get(name), name).toBe(get.headers.get(name));
  expect(head.headers.get("content-length")).toBe("20000");
  expect(await head.text()).toBe("");
});

test("response-* parameters of a signed request override what is stored", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "k", "x", { "content-type": "text/plain" });
  const got = await signedFetch("GET", `/${bucket}/k`, {
    query: {
      "response-content-type": "image/png",
      "response-content-disposition": 'attachment; filename="a.png"',
      "response-cache-control": "no-store",
    },
  });
  expect(got.headers.get("content-type")).toBe("image/png");
  expect(got.headers.get("content-disposition")).toBe('attachment; filename="a.png"');
  expect(got.headers.get("cache-control")).toBe("no-store");
});

test("an empty object has no bytes and no range", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "k", "");
  const got = await signedFetch("GET", `/${bucket}/k`);
  expect([got.status, got.headers.get("content-length"), await got.text()]).toEqual([200, "0", ""]);
  const ranged = await signedFetch("GET", `/${bucket}/k`, { headers: { range: "bytes=0-0" } });
  await expectError(ranged, 416, "InvalidRange");
  const part = await signedFetch("GET", `/${bucket}/k`, { query: { partNumber: "1" } });
  expect(part.status).toBe(200);
});

test("Range together with partNumber is InvalidRequest", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "k", "x");
  const got = await signedFetch("GET", `/${bucket}/k`, {
    query: { partNumber: "1" },
    headers: { range: "bytes=0-0" },
  });
  await expectError(got, 400, "InvalidRequest");
});

test("the null version is the object, and no other version exists", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "k", "x");
  expect((await signedFetch("GET", `/${bucket}/k`, { query: { versionId: "null" } })).status).toBe(
    200,
  );
  await expectError(
    await signedFetch("GET", `/${bucket}/k`, { query: { versionId: "v1" } }),
    400,
    "InvalidArgument",
  );
});

test("a missing key is NoSuchKey for GET, and a bare 404 for HEAD", async () => {
  const bucket = await uniqueBucket();
  const document = await expectError(
    await signedFetch("GET", `/${bucket}/missing`),
    404,
    "NoSuchKey",
  );
  expect(document).toContain("<Key>missing</Key>");
  const head = await signedFetch("HEAD", `/${bucket}/missing`);
  expect([head.status, await head.text()]).toEqual([404, ""]);
});
