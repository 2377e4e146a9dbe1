import { describe, expect, test } from "vitest";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";

const TREE = ["a/1", "a/2", "b", "c//d", "c/e", "ü/x", "😀/y"];

async function bucketWith(keys: readonly string[]): Promise<string> {
  const bucket = await uniqueBucket();
  await Promise.all(keys.map((key) => putObject(bucket, key, "x")));
  return bucket;
}

async function list(bucket: string, query: Record<string, string> = {}): Promise<string> {
  const response = await signedFetch("GET", `/${bucket}`, { query });
  const document = await response.text();
  expect(response.status, document).toBe(200);
  return document;
}

function names(document: string): { keys: string[]; prefixes: string[] } {
  const prefixes = [...document.matchAll(/<CommonPrefixes><Prefix>([^<]*)</g)].map(
    ([, p = ""]) => p,
  );
  return { keys: elements(document, "Key"), prefixes };
}

describe("both versions", () => {
  test.for([{ "list-type": "2" }, {}])("tell the bucket's region, %o", async (version) => {
    const bucket = await uniqueBucket();
    const query: Record<string, string> = { ...version };
    const response = await signedFetch("GET", `/${bucket}`, { query });
    expect(response.headers.get("x-amz-bucket-region")).toBe("us-east-1");
  });

  test.for([{ "list-type": "2" }, {}])("list keys in UTF-8 order, %o", async (version) => {
    const bucket = await bucketWith(TREE);
    const query: Record<string, string> = { ...version };
    const document = await list(bucket, query);
    expect(names(document).keys).toEqual(TREE);
    expect(elements(document, "IsTruncated")).toEqual(["false"]);
    expect(elements(document, "MaxKeys")).toEqual(["1000"]);
    expect(elements(document, "StorageClass")).toHaveLength(TREE.length);
  });

  test.for([
    { query: { delimiter: "/" }, keys: ["b"], prefixes: ["a/", "c/", "ü/", "😀/"] },
    { query: { delimiter: "/", prefix: "c/" }, keys: ["c/e"], prefixes: ["c//"] },
    {
      query: { delimiter: "//" },
      keys: ["a/1", "a/2", "b", "c/e", "ü/x", "😀/y"],
      prefixes: ["c//"],
    },
    { query: { prefix: "a" }, keys: ["a/1", "a/2"], prefixes: [] },
    { query: { prefix: "none" }, keys: [], prefixes: [] },
    { query: { delimiter: "", prefix: "b" }, keys: ["b"], prefixes: [] },
    { query: { "max-keys": "0" }, keys: [], prefixes: [] },
  ])("$query", async ({ query, keys, prefixes }) => {
    const bucket = await bucketWith(TREE);
    const given: Record<string, string> = {};
    for (const [name, value] of Object.entries(query)) given[name] = value;
    for (const version of [{}, { "list-type": "2" }])
      expect(names(await list(bucket, { ...given, ...version }))).toEqual({ keys, prefixes });
  });

  test.for(["-1", "x", "2147483648", "1.5"])("max-keys %s is InvalidArgument", async (maxKeys) => {
    const bucket = await uniqueBucket();
    const response = await signedFetch("GET", `/${bucket}`, { query: { "max-keys": maxKeys } });
    await expectError(response, 400, "InvalidArgument");
  });

  test("encoding-type=url carries what XML cannot", async () => {
    const keys = ["a\u0001b", "c d+e&f"];
    const bucket = await bucketWith(keys);
    const document = await list(bucket, { "encoding-type": "url", "list-type": "2" });
    expect(elements(document, "Key").map(decodeURIComponent)).toEqual(keys);
    expect(elements(document, "EncodingType")).toEqual(["url"]);
    const refused = await signedFetch("GET", `/${bucket}`, {
      query: { "encoding-type": "base64" },
    });
    await expectError(refused, 400, "InvalidArgument");
  });
});

describe("ListObjectsV2", () => {
  test.for([1, 2, 3])("pages of %i follow each other without a gap", async (maxKeys) => {
    const bucket = await bucketWith(TREE);
    const seen: string[] = [];
    let token: string | undefined;
    do {
      const query = { "list-type": "2", "max-keys": String(maxKeys), delimiter: "/" };
      const document = await list(
        bucket,
        token === undefined ? query : { ...query, "continuation-token": token },
      );
      const { keys, prefixes } = names(document);
      expect(elements(document, "KeyCount")).toEqual([String(keys.length + prefixes.length)]);
      expect(elements(document, "ContinuationToken")).toEqual(token === undefined ? [] : [token]);
      seen.push(...keys, ...prefixes);
      [token] = elements(document, "NextContinuationToken");
      expect(elements(document, "IsTruncated")).toEqual([String(token !== undefined)]);
    } while (token !== undefined);
    // Within a page the keys come before the common prefixes.
    expect(seen.toSorted()).toEqual(["a/", "b", "c/", "ü/", "😀/"]);
  });

  test("start-after begins behind that key, and is echoed", async () => {
    const bucket = await bucketWith(TREE);
    const document = await list(bucket, { "list-type": "2", "start-after": "b" });
    expect(names(document).keys).toEqual(["c//d", "c/e", "ü/x", "😀/y"]);
    expect(elements(document, "StartAfter")).toEqual(["b"]);
  });

  test("owners come when they are asked for", async () => {
    const bucket = await bucketWith(["a"]);
    expect(elements(await list(bucket, { "list-type": "2" }), "ID")).toEqual([]);
    expect(
      elements(await list(bucket, { "list-type": "2", "fetch-owner": "true" }), "ID"),
    ).toHaveLength(1);
  });

  test.for([{ "start-after": "a" }, { "list-type": "2", "continuation-token": "made up" }])(
    "%o is InvalidArgument",
    async (query) => {
      const bucket = await uniqueBucket();
      const given: Record<string, string> = {};
      for (const [name, value] of Object.entries(query)) given[name] = value;
      await expectError(
        await signedFetch("GET", `/${bucket}`, { query: given }),
        400,
        "InvalidArgument",
      );
    },
  );
});

describe("ListObjects", () => {
  test.for(["0", "1", "bogus", ""])("is what list-type=%s asks for", async (listType) => {
    const bucket = await bucketWith(["a"]);
    const document = await list(bucket, { "list-type": listType, marker: "" });
    expect(document).toContain("<Marker></Marker>");
    expect(document).not.toContain("KeyCount");
  });

  test("NextMarker comes with a delimiter only, and continues behind a common prefix", async () => {
    const bucket = await bucketWith(TREE);
    const flat = await list(bucket, { "max-keys": "2" });
    expect(elements(flat, "NextMarker")).toEqual([]);
    const seen: string[] = [];
    let marker: string | undefined = "";
    while (marker !== undefined) {
      const document = await list(bucket, { delimiter: "/", "max-keys": "1", marker });
      expect(elements(document, "Marker")).toEqual([marker]);
      const { keys, prefixes } = names(document);
      seen.push(...keys, ...prefixes);
      [marker] = elements(document, "NextMarker");
    }
    expect(seen).toEqual(["a/", "b", "c/", "ü/", "😀/"]);
  });

  test("owners always come", async () => {
    const bucket = await bucketWith(["a"]);
    const document = await list(bucket);
    expect(elements(document, "ID")[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(elements(document, "DisplayName")).toEqual(["root"]);
  });
});
