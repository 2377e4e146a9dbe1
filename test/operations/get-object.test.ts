import { describe, expect, test } from "vitest";
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
