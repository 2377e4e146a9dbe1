import { env, exports } from "cloudflare:workers";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { answerPublicObject } from "../../src/http/public-object.ts";
import { recordOf } from "../support/bucket-record.ts";
import { putPolicy } from "../support/bucket-policy.ts";
import { putObject, signedFetch } from "../support/client.ts";
import { expectOk } from "../support/documents.ts";
import { expectAlike, xCacheOf } from "../support/edge-answers.ts";
import { EdgeCache, GatewayContext } from "../support/edge-cache.ts";
import { LISTABLE, publicBucket, publicRequest, READABLE } from "../support/edge.ts";
import { faultyEnv } from "../support/faults.ts";
import { partBytes, putInParts } from "../support/multipart-object.ts";
import { setVersioning } from "../support/versions.ts";
import { ERROR, INDEX, putWebsite, visitRequest } from "../support/website.ts";

const HOUR = 3600;

describe("an answer by the cache is the answer without", () => {
  let bucket = "";
  const cache = new EdgeCache();

  beforeAll(async () => {
    bucket = await publicBucket(HOUR);
    const headers = { "x-amz-meta-color": "blue", "x-amz-meta-name": "=?UTF-8?B?w6k=?=" };
    await putObject(bucket, "inline", "0123456789", { ...headers, "cache-control": "max-age=60" });
    await putObject(bucket, "blob", partBytes(40_000, 1), {
      ...headers,
      "content-type": "image/png",
      "content-disposition": 'attachment; filename="a.png"',
      "content-language": "de",
      expires: "Thu, 01 Dec 2050 16:00:00 GMT",
    });
    await putObject(bucket, "empty", "");
    await putObject(bucket, "encoded", partBytes(20_000, 2), { "content-encoding": "gzip" });
    await putObject(bucket, "tagged", "tagged", { "x-amz-tagging": "a=b" });
    await putObject(bucket, "cold", "cold", { "x-amz-storage-class": "STANDARD_IA" });
    await putInParts(bucket, "parts", [partBytes(5_242_880, 3), partBytes(1000, 4)]);
  });

  const KEYS = ["inline", "blob", "empty", "encoded", "tagged", "cold", "parts", "none"];
  const HEADERS: readonly Readonly<Record<string, string>>[] = [
    {},
    { range: "bytes=0-0" },
    { range: "bytes=2-5" },
    { range: "bytes=5-" },
    { range: "bytes=-3" },
    { range: "bytes=-0" },
    { range: "bytes=-99999999" },
    { range: " bytes = 1 - 2 " },
    { range: "bytes=99999999-" },
    { range: "bytes=5-2" },
    { range: "bytes=0-1,3-4" },
    { range: "bytes=0-99999999999999999999999" },
    { "if-none-match": "*" },
    { "if-none-match": "*", range: "bytes=0-1" },
    { "if-none-match": "*", range: "bytes=99999999-" },
    { "if-none-match": '"other"', range: "bytes=0-1" },
    { "if-match": '"other"' },
    { "if-match": "*" },
    { "if-modified-since": "Thu, 01 Jan 2026 00:00:00 GMT" },
    { "if-modified-since": new Date(Date.now() + 2000).toUTCString() },
    { "if-unmodified-since": "Thu, 01 Jan 2026 00:00:00 GMT" },
    { "if-range": '"other"', range: "bytes=0-1" },
    { cookie: "session=1", "accept-encoding": "br", "accept-language": "de", via: "1.1 x" },
    { "x-amz-checksum-mode": "ENABLED" },
    { "x-amz-expected-bucket-owner": "111111111111" },
  ];

  test.for(KEYS)("%s", async (key) => {
    // All of them once; the others are read in other ways than those, and answered in the same.
    const some = key === "blob" || key === "none" ? HEADERS : HEADERS.slice(0, 3);
    for (const method of ["GET", "HEAD"])
      for (const headers of some)
        await expectAlike(cache, () => publicRequest(`/${bucket}/${key}`, { method, headers }));
  });

  test.for([
    "versionId=null",
    "partNumber=1",
    "response-content-type=text%2Fplain",
    "x-id=GetObject",
    "a",
  ])("?%s, which the cache is not asked", async (query) => {
    const { length } = cache.requests;
    await expectAlike(cache, () => publicRequest(`/${bucket}/inline?${query}`));
    expect(cache.requests).toHaveLength(length);
  });

  test("If-None-Match with its ETag is 304, from what is stored, and HEAD is answered from GET's", async () => {
    const get = (init: RequestInit) => publicRequest(`/${bucket}/blob`, init);
    const { headers } = await expectAlike(cache, () => get({}));
    const { runs } = cache;
    const conditional = { headers: { "if-none-match": headers["etag"] ?? "" } };
    expect((await expectAlike(cache, () => get(conditional))).status).toBe(304);
    const since = { headers: { "if-modified-since": headers["last-modified"] ?? "" } };
    expect((await expectAlike(cache, () => get(since))).status).toBe(304);
    expect((await expectAlike(cache, () => get({ method: "HEAD" }))).status).toBe(200);
    const ranged = { headers: { range: "bytes=100-199", "if-none-match": '"other"' } };
    expect((await expectAlike(cache, () => get(ranged))).status).toBe(206);
    expect(cache.runs).toBe(runs);
    expect(await xCacheOf(cache, get({}))).toBe("HIT");
  });

  test("by the entrypoint itself, without a cache in front of it, it is the same", async () => {
    const entrypoint = new GatewayContext({ PublicObject: exports.PublicObject });
    for (const key of KEYS)
      for (const method of ["GET", "HEAD"])
        for (const headers of [{}, { range: "bytes=2-5" }, { range: "bytes=99999999-" }])
          await expectAlike(entrypoint, () =>
            publicRequest(`/${bucket}/${key}`, { method, headers }),
          );
  });
});

test("a version of the bucket's name that was deleted has the marker's headers", async () => {
  const bucket = await publicBucket(HOUR);
  await setVersioning(bucket, "Enabled");
  const cache = new EdgeCache();
  await putObject(bucket, "k", "1");
  await expectAlike(cache, () => publicRequest(`/${bucket}/k`));
  await expectOk(signedFetch("DELETE", `/${bucket}/gone`), 204);
  const { headers } = await expectAlike(cache, () => publicRequest(`/${bucket}/gone`));
  expect(headers["x-amz-delete-marker"]).toBe("true");
});

describe("what a large object is", () => {
  test("is not in the cache, only that it is large; HEAD and ranges of it, too", async () => {
    const small = faultyEnv({ EDGE_OBJECT_LIMIT_BYTES: "1000" });
    const bucket = await publicBucket(HOUR);
    await putObject(bucket, "k", partBytes(20_000, 1));
    await putObject(bucket, "just", partBytes(1000, 1));
    const cache = new EdgeCache({ env: small });
    for (const headers of [{}, { range: "bytes=0-0" }, { "if-none-match": "*" }])
      for (const method of ["GET", "HEAD"])
        await expectAlike(cache, () => publicRequest(`/${bucket}/k`, { method, headers }));
    expect(cache.runs).toBe(1);
    const [pointer] = cache.entries.values();
    expect(pointer?.body).toHaveLength(0);
    expect(await xCacheOf(cache, publicRequest(`/${bucket}/k`))).toBe(null);
    await expectAlike(cache, () => publicRequest(`/${bucket}/just`));
    expect(await xCacheOf(cache, publicRequest(`/${bucket}/just`))).toBe("HIT");
  });
});

describe("what is not there", () => {
  test("is told by the cache to whom it may be told; its document is each request's own", async () => {
    const bucket = await publicBucket(HOUR);
    const cache = new EdgeCache();
    const answers: Response[] = [];
    for (let i = 0; i < 2; i += 1) answers.push(await cache.send(publicRequest(`/${bucket}/none`)));
    expect(cache.runs).toBe(1);
    const ids = await Promise.all(
      answers.map(async (each) => {
        expect([each.status, each.headers.get("x-cache")]).toEqual([
          404,
          each === answers[0] ? "MISS" : "HIT",
        ]);
        return /<RequestId>(.*?)</.exec(await each.text())?.[1];
      }),
    );
    expect(ids).toEqual(answers.map((each) => each.headers.get("x-amz-request-id")));
    expect(new Set(ids).size).toBe(2);
  });

  test("is told to nobody where listing is not open, and where it depends on who asks", async () => {
    const bucket = await publicBucket(HOUR);
    const cache = new EdgeCache();
    await expectAlike(cache, () => publicRequest(`/${bucket}/none`));
    await putPolicy(bucket, READABLE);
    expect((await expectAlike(cache, () => publicRequest(`/${bucket}/none`))).status).toBe(403);
    const Condition = { StringEquals: { "aws:Referer": "https://friend/" } };
    await putPolicy(bucket, READABLE, { ...LISTABLE, Condition });
    expect((await expectAlike(cache, () => publicRequest(`/${bucket}/none`))).status).toBe(403);
    const headers = { referer: "https://friend/" };
    const friends = () => publicRequest(`/${bucket}/none`, { headers });
    expect((await expectAlike(cache, friends)).status).toBe(404);
    expect((await expectAlike(cache, () => publicRequest(`/${bucket}/none`))).status).toBe(403);
    const unlessFriend = { StringNotEquals: { "aws:Referer": "https://friend/" } };
    await putPolicy(bucket, READABLE, { ...LISTABLE, Condition: unlessFriend });
    expect((await expectAlike(cache, () => publicRequest(`/${bucket}/none`))).status).toBe(404);
    expect((await expectAlike(cache, friends)).status).toBe(403);
  });

  test("is there within seconds after it was put", async () => {
    const bucket = await publicBucket(HOUR);
    const cache = new EdgeCache();
    await cache.send(publicRequest(`/${bucket}/k`));
    await putObject(bucket, "k", "there");
    expect((await cache.send(publicRequest(`/${bucket}/k`))).status).toBe(404);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 5000 });
    try {
      expect(await (await cache.send(publicRequest(`/${bucket}/k`))).text()).toBe("there");
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a website", () => {
  test("is answered by the cache: pages, the index, what is missing, and the error's page", async () => {
    const bucket = await publicBucket(HOUR);
    await putWebsite(bucket, INDEX, ERROR);
    await putObject(bucket, "index.html", "<h1>index</h1>", { "content-type": "text/html" });
    await putObject(bucket, "docs/index.html", "docs");
    await putObject(bucket, "error.html", "oh");
    await putObject(bucket, "moved", "", { "x-amz-website-redirect-location": "/docs/" });
    const cache = new EdgeCache();
    for (const path of [
      "/",
      "/?utm=1",
      "/index.html",
      "/docs/",
      "/docs",
      "/moved",
      "/none",
      "/none/",
    ]) {
      const { status } = await expectAlike(cache, () => visitRequest(bucket, path));
      expect([200, 301, 302, 404]).toContain(status);
    }
    const { runs } = cache;
    const headers = { authorization: "Bearer x", cookie: "a=b", "x-amz-date": "x" };
    expect(await xCacheOf(cache, visitRequest(bucket, "/?utm=2", { headers }))).toBe("HIT");
    expect(await xCacheOf(cache, publicRequest(`/${bucket}/index.html`))).toBe("HIT");
    expect((await cache.send(visitRequest(bucket, "/none"))).status).toBe(404);
    expect(cache.runs).toBe(runs);
  });
});

test("the entrypoint answers a cache with whole objects, even if that asks for a range", async () => {
  const bucket = await publicBucket(HOUR);
  await putObject(bucket, "k", "0123456789");
  const cache = new EdgeCache();
  await cache.send(publicRequest(`/${bucket}/k`));
  const { url } = cache.requests[0] ?? {};
  const ranged = new Request(url ?? "", { headers: { range: "bytes=1-2" } });
  const waitUntil = cache.waitUntil;
  const whole = await answerPublicObject(ranged, env, { waitUntil, cache: {} });
  expect([whole.status, await whole.text()]).toEqual([200, "0123456789"]);
  const part = await answerPublicObject(ranged, env, { waitUntil });
  expect([part.status, await part.text()]).toEqual([206, "12"]);
});

test.for([
  "/",
  "/1/x/0/b/aw",
  "/2/ID/REVISION/NAME/aw",
  "/1/ID/REVISION/NAME/aw==",
  "/1/ID/REVISION/NAME/",
])("the entrypoint has nothing to say of %s", async (path) => {
  const bucket = await publicBucket(HOUR);
  await putObject(bucket, "k", "body");
  const { id, gateway } = await recordOf(bucket);
  const named = path
    .replace("ID", id)
    .replace("REVISION", String(gateway.revision))
    .replace("NAME", bucket);
  const request = new Request(`https://public-object.invalid${named}`);
  const answer = await answerPublicObject(request, env, { waitUntil: () => undefined, cache: {} });
  expect(answer.headers.get("cloudflare-cdn-cache-control")).toBe("no-store");
  expect(await answer.text()).toBe("");
});

describe("a cache that fails", () => {
  const odd: readonly { readonly why: string; readonly answer: () => Response }[] = [
    {
      why: "throws",
      answer: () => {
        throw new Error("no cache");
      },
    },
    { why: "is unavailable", answer: () => new Response("<h1>520</h1>", { status: 520 }) },
    {
      why: "answers with another range",
      answer: () =>
        new Response("xx", { status: 206, headers: { "content-range": "bytes 0-1/3" } }),
    },
    { why: "has lost the headers", answer: () => new Response("evil") },
    { why: "answers not modified", answer: () => new Response(null, { status: 304 }) },
    {
      why: "has a mark that it does not mean",
      answer: () => new Response("x", { headers: { "x-ledge-mark": "missing" } }),
    },
  ];

  test.for(odd)("and $why is left alone", async ({ answer }) => {
    const bucket = await publicBucket(HOUR);
    await putObject(bucket, "k", "body");
    const gateway = new GatewayContext({ PublicObject: { fetch: async () => answer() } });
    const got = await gateway.send(publicRequest(`/${bucket}/k`));
    expect([got.status, await got.text(), got.headers.get("x-cache")]).toEqual([200, "body", null]);
    const headers = { range: "bytes=1-2" };
    const part = await gateway.send(publicRequest(`/${bucket}/k`, { headers }));
    expect([part.status, await part.text()]).toEqual([206, "od"]);
  });
});
