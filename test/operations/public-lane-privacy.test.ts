import { describe, expect, test } from "vitest";
import { putPolicy } from "../support/bucket-policy.ts";
import { encodeKey, putObject, signedFetch, signRequest } from "../support/client.ts";
import { deleteCors, putCors } from "../support/cors.ts";
import { customerKey } from "../support/customer-key.ts";
import { expectOk } from "../support/documents.ts";
import { expectAlike, told, xCacheOf } from "../support/edge-answers.ts";
import { EdgeCache, sendStrongly } from "../support/edge-cache.ts";
import {
  LISTABLE,
  publicBucket,
  publicRequest,
  purge,
  putEdge,
  putOwnership,
  READABLE,
} from "../support/edge.ts";

const HOUR = 3600;

describe("what the cache stores", () => {
  /** How the bucket may be read, and how its object is; nothing of it may ever be in the cache. */
  interface Private {
    readonly why: string;
    readonly policy?: Parameters<typeof putPolicy>[1][];
    readonly put?: Readonly<Record<string, string>>;
    readonly request?: (path: string) => Promise<Request>;
  }

  const key = customerKey();
  const DENY = { ...READABLE, Effect: "Deny" } as const;
  const PRIVATE: readonly Private[] = [
    {
      why: "tags are a condition",
      policy: [
        READABLE,
        { ...DENY, Condition: { StringEquals: { "s3:ExistingObjectTag/a": "b" } } },
      ],
    },
    {
      why: "the address is a condition",
      policy: [READABLE, { ...DENY, Condition: { NotIpAddress: { "aws:SourceIp": "0.0.0.0/0" } } }],
    },
    {
      why: "the page is a condition",
      policy: [
        READABLE,
        { ...DENY, Condition: { StringLike: { "aws:Referer": "https://evil*" } } },
      ],
    },
    {
      why: "the time is a condition",
      policy: [
        READABLE,
        { ...DENY, Condition: { DateGreaterThan: { "aws:CurrentTime": "2050-01-01T00:00:00Z" } } },
      ],
    },
    {
      why: "the connection is a condition",
      policy: [READABLE, { ...DENY, Condition: { Bool: { "aws:SecureTransport": "true" } } }],
    },
    {
      why: "a variable is in the resource",
      policy: [READABLE, { ...DENY, on: ["${aws:UserAgent}"] }],
    },
    {
      why: "tags are told to some",
      policy: [
        READABLE,
        {
          Action: "s3:GetObjectTagging",
          on: ["*"],
          Condition: { StringLike: { "aws:Referer": "https://a/*" } },
        },
      ],
    },
    { why: "the customer has the key", put: key.headers },
    {
      why: "a customer's key is sent",
      request: async (path) => publicRequest(path, { headers: key.headers }),
    },
    { why: "it is signed", request: (path) => signRequest("GET", path) },
    { why: "it says no-store", put: { "cache-control": "no-store" } },
    { why: "it says private", put: { "cache-control": "max-age=60, Private" } },
    { why: "it says no-cache", put: { "cache-control": "no-cache" } },
    { why: "it says max-age=0", put: { "cache-control": "public, max-age=0" } },
    { why: "it says what nobody understands", put: { "cache-control": 'max-age="6,0"' } },
    { why: "it has expired", put: { expires: "0" } },
    { why: "its KMS key is nobody's", put: { "x-amz-server-side-encryption": "aws:kms" } },
  ];

  test.for(PRIVATE)("is nothing where $why", async ({ policy, put = {}, request }) => {
    const bucket = await publicBucket(HOUR);
    await putObject(bucket, "k", "body", put);
    if (policy !== undefined) await putPolicy(bucket, ...policy);
    const cache = new EdgeCache();
    const make = request ?? (async (path: string) => publicRequest(path));
    for (let i = 0; i < 2; i += 1) {
      const strong = await told(await sendStrongly(await make(`/${bucket}/k`)));
      expect(await told(await cache.send(await make(`/${bucket}/k`)))).toEqual(strong);
    }
    expect([...cache.entries]).toEqual([]);
  });

  test("is a range of nothing: the whole object is asked for, and no header of the client's", async () => {
    const bucket = await publicBucket(HOUR);
    await putObject(bucket, "k", "0123456789");
    const cache = new EdgeCache();
    const headers = {
      cookie: "a=b",
      range: " bytes = 1-2",
      "if-none-match": '"x"',
      "x-forwarded-host": "evil.example.com",
      "x-http-method-override": "DELETE",
      "x-original-url": "/other",
      forwarded: "host=evil",
      "cloudflare-workers-version-key": "evil",
      "user-agent": "evil",
      origin: "https://evil.example.com",
      "accept-encoding": "evil",
    };
    const answer = await cache.send(publicRequest(`/${bucket}/k`, { headers }));
    expect(answer.status).toBe(206);
    expect(await answer.text()).toBe("12");
    const [asked] = cache.requests;
    expect(Object.fromEntries(asked?.headers ?? [])).toEqual({ range: "bytes=1-2" });
    const [entry] = cache.entries.values();
    expect(entry?.status).toBe(200);
    expect(Buffer.from(entry?.body ?? []).toString()).toBe("0123456789");
  });

  test("is for no longer than the object's own headers allow a shared cache", async () => {
    const bucket = await publicBucket(60);
    const kept = async (cacheControl: string): Promise<number | undefined> => {
      await putObject(bucket, "k", "body", { "cache-control": cacheControl });
      const cache = new EdgeCache();
      await cache.send(publicRequest(`/${bucket}/k`));
      return cache.entries.values().next().value?.maxAgeMs;
    };
    expect(await kept("max-age=7")).toBe(7000);
    expect(await kept("max-age=700")).toBe(60_000);
    expect(await kept("max-age=50, s-maxage=8")).toBe(8000);
    expect(await kept("public, immutable")).toBe(60_000);
  });
});

describe("whose it is in the cache", () => {
  test("two buckets' objects of one name are two, in both styles, and so are a bucket's that was made again", async () => {
    const [one, two] = [await publicBucket(HOUR), await publicBucket(HOUR)];
    await putObject(one, "k", "one");
    await putObject(two, "k", "two");
    const cache = new EdgeCache();
    const hosted = (bucket: string): Request => {
      const host = `${bucket}.s3.localhost:8787`;
      const request = new Request(`http://${host}/k`);
      request.headers.set("host", host);
      return request;
    };
    for (let i = 0; i < 2; i += 1)
      for (const [bucket, body] of [
        [one, "one"],
        [two, "two"],
      ] as const) {
        expect(await (await cache.send(hosted(bucket))).text()).toBe(body);
        expect(await (await cache.send(publicRequest(`/${bucket}/k`))).text()).toBe(body);
      }
    expect(cache.runs).toBe(2);
    await expectOk(signedFetch("DELETE", `/${one}/k`), 204);
    await expectOk(signedFetch("DELETE", `/${one}`), 204);
    expect((await cache.send(publicRequest(`/${one}/k`))).status).toBe(404);
    await expectOk(signedFetch("PUT", `/${one}`));
    expect((await cache.send(publicRequest(`/${one}/k`))).status).toBe(403);
    await putPolicy(one, READABLE);
    await putEdge(one, HOUR);
    await putObject(one, "k", "again");
    expect(await (await cache.send(publicRequest(`/${one}/k`))).text()).toBe("again");
  });

  /** Each is another object, however much alike their paths are to a URL, a cache, or a file system. */
  const KEYS = [
    ...[
      "a",
      "a/",
      "a//",
      "/a",
      "//a",
      "a/.",
      "a/..",
      "a/../a",
      "./a",
      ".",
      "..",
      "%2e%2e",
      "a%2Fa",
    ],
    ...["A", "a?x", "a#x", "a b", "a%20b", "a+b", "a\\b", "a;b", "a&b", "a=b", "a\u0000", "a\n"],
    ...["é", "e\u0301", "a\u{1F600}", "%", "%%", "__proto__", "constructor", "x".repeat(1024)],
  ];

  test("every name is one entry of its own", async () => {
    const bucket = await publicBucket(HOUR);
    const cache = new EdgeCache();
    await putPolicy(bucket, READABLE, { Action: "s3:PutObject", on: ["*"] });
    // Nobody signs what is put here, and it is the bucket owner's all the same.
    await putOwnership(bucket, "BucketOwnerEnforced");
    /** A URL would resolve dots; what arrives has not been through one. */
    const raw = (name: string, init: RequestInit = {}): Request => {
      const request = publicRequest(`/${bucket}/k`, init);
      const url = `${new URL(request.url).origin}/${bucket}/${encodeKey(name)}`;
      return new Proxy(request, {
        get: (target, property) => {
          if (property === "url") return url;
          const value: unknown = Reflect.get(target, property);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    };
    for (const name of KEYS) {
      const headers = { "content-length": String(Buffer.byteLength(name)) };
      await expectOk(sendStrongly(raw(name, { method: "PUT", body: name, headers })));
    }
    for (let i = 0; i < 2; i += 1)
      for (const name of KEYS) {
        const answer = await cache.send(raw(name));
        expect(await answer.text()).toBe(name);
        expect(answer.headers.get("x-cache"), name).toBe(i === 0 ? "MISS" : "HIT");
      }
    expect(cache.entries.size).toBe(KEYS.length);
    for (const entry of cache.entries.keys())
      expect(entry).toMatch(/^\/1\/\w+\/\d+\/[a-z0-9-]+\/[\w-]+$/);
  });
});

describe("pages of other origins", () => {
  test("are told apart after the cache, from one entry", async () => {
    const bucket = await publicBucket(HOUR);
    await putObject(bucket, "k", "body");
    await putCors(bucket, {
      origins: ["https://a.example.com", "https://b.example.com"],
      methods: ["GET"],
    });
    const cache = new EdgeCache();
    const of = (origin?: string) => () =>
      publicRequest(`/${bucket}/k`, origin === undefined ? {} : { headers: { origin } });
    const allowed = async (origin?: string): Promise<string | undefined> =>
      (await expectAlike(cache, of(origin))).headers["access-control-allow-origin"];
    expect(await allowed("https://a.example.com")).toBe("https://a.example.com");
    expect(await allowed("https://b.example.com")).toBe("https://b.example.com");
    expect(await allowed("https://c.example.com")).toBe(undefined);
    expect(await allowed()).toBe(undefined);
    expect(cache.runs).toBe(1);
    const [entry] = cache.entries.values();
    expect(entry?.headers.has("vary")).toBe(false);
    await deleteCors(bucket);
    expect(await allowed("https://a.example.com")).toBe(undefined);
  });
});

describe("what ends what is stored", () => {
  test("to purge, at once where it was done, though nothing is deleted", async () => {
    const bucket = await publicBucket(HOUR);
    const cache = new EdgeCache();
    await putObject(bucket, "k", "old");
    await cache.send(publicRequest(`/${bucket}/k`));
    await putObject(bucket, "k", "new");
    expect(await (await cache.send(publicRequest(`/${bucket}/k`))).text()).toBe("old");
    await purge(bucket);
    expect(await (await cache.send(publicRequest(`/${bucket}/k`))).text()).toBe("new");
    await purge(bucket);
    await purge(bucket);
    expect(await xCacheOf(cache, publicRequest(`/${bucket}/k`))).toBe("MISS");
  });

  test("a policy that lets nobody read any more", async () => {
    const bucket = await publicBucket(HOUR);
    const cache = new EdgeCache();
    await putObject(bucket, "k", "body");
    await cache.send(publicRequest(`/${bucket}/k`));
    await putPolicy(bucket, LISTABLE);
    expect((await cache.send(publicRequest(`/${bucket}/k`))).status).toBe(403);
    await putPolicy(bucket, READABLE);
    expect(await xCacheOf(cache, publicRequest(`/${bucket}/k`))).toBe("MISS");
  });
});
