import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { annotate, annotationsOf } from "../support/annotations.ts";
import {
  elements,
  encodeKey,
  expectError,
  putObject,
  signedFetch,
  uniqueBucket,
} from "../support/client.ts";
import { neighbourOf, readObject, strangerTo } from "../support/copy.ts";
import { advanceClock, blobsOf, bucketIdOf } from "../support/faults.ts";
import { setVersioning } from "../support/versions.ts";

const BLOB = "b".repeat(20_000);
const SOURCE = "the/source";

/** The names that an object may get: one in its own shard, one elsewhere. */
const TARGETS = [
  { where: "in the same shard", key: neighbourOf(SOURCE) },
  { where: "in another shard", key: strangerTo(SOURCE) },
];

afterEach(() => {
  vi.useRealTimers();
});

function rename(
  bucket: string,
  source: string,
  key: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return signedFetch("PUT", `/${bucket}/${encodeKey(key)}`, {
    query: { renameObject: "" },
    headers: { "x-amz-rename-source": source, ...headers },
  });
}

async function expectMissing(bucket: string, key: string): Promise<void> {
  expect((await signedFetch("HEAD", `/${bucket}/${encodeKey(key)}`)).status).toBe(404);
}

describe.for(TARGETS)("an object gets a name $where", ({ where, key }) => {
  test.for([
    { kind: "inline", body: "inline body" },
    { kind: "blob", body: BLOB },
  ])("with its bytes and headers, kept as $kind", async ({ body }) => {
    const bucket = await uniqueBucket();
    const given = {
      "content-type": "text/css",
      "x-amz-meta-a": "1",
      "x-amz-storage-class": "STANDARD_IA",
    };
    const put = await putObject(bucket, SOURCE, body, given);
    const before = await blobsOf(await bucketIdOf(bucket));
    const response = await rename(bucket, SOURCE, key);
    expect({ status: response.status, body: await response.text() }).toEqual({
      status: 200,
      body: "",
    });
    await expectMissing(bucket, SOURCE);
    expect(await readObject(`${bucket}/${key}`)).toBe(body);
    const head = await signedFetch("HEAD", `/${bucket}/${encodeKey(key)}`);
    expect(Object.fromEntries(head.headers)).toMatchObject({
      ...given,
      etag: put.headers.get("etag"),
    });
    expect(await blobsOf(await bucketIdOf(bucket))).toEqual(before);
  });

  test.for(["without", "with"])("with its annotations, %s versions", async (versions) => {
    const bucket = await uniqueBucket();
    if (versions === "with") await setVersioning(bucket, "Enabled");
    await putObject(bucket, SOURCE, BLOB);
    const names = Array.from({ length: 20 }, (_, i) => `note-${String(i).padStart(2, "0")}`);
    for (const name of names) await annotate(`${bucket}/${SOURCE}`, name);
    expect((await rename(bucket, SOURCE, key)).status).toBe(200);
    expect(await annotationsOf(`${bucket}/${key}`)).toEqual(names);
  });

  test("in place of what had it", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, SOURCE, BLOB);
    await putObject(bucket, key, "old");
    expect((await rename(bucket, SOURCE, key)).status).toBe(200);
    expect(await readObject(`${bucket}/${key}`)).toBe(BLOB);
  });

  test("unless a condition on what has it fails, and then nothing changes", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, SOURCE, BLOB);
    const put = await putObject(bucket, key, "old");
    const past = new Date(0).toUTCString();
    for (const [name, value] of [
      ["If-None-Match", "*"],
      ["If-Match", '"other"'],
      ["If-Unmodified-Since", past],
      ["If-Modified-Since", put.headers.get("date") ?? new Date().toUTCString()],
    ] as const) {
      const response = await rename(bucket, SOURCE, key, { [name]: value });
      const document = await expectError(response, 412, "PreconditionFailed");
      expect(elements(document, "Condition")).toEqual([name]);
    }
    expect(await readObject(`${bucket}/${SOURCE}`)).toBe(BLOB);
    expect(await readObject(`${bucket}/${key}`)).toBe("old");
    const etag = put.headers.get("etag") ?? "";
    const met = { "If-Match": etag, "If-Modified-Since": past };
    expect((await rename(bucket, SOURCE, key, met)).status).toBe(200);
  });

  test("unless a condition on itself fails", async () => {
    const bucket = await uniqueBucket();
    const put = await putObject(bucket, SOURCE, BLOB);
    const etag = put.headers.get("etag") ?? "";
    const refused = { "x-amz-rename-source-if-none-match": etag };
    const document = await expectError(
      await rename(bucket, SOURCE, key, refused),
      412,
      "PreconditionFailed",
    );
    expect(elements(document, "Condition")).toEqual(["x-amz-rename-source-If-None-Match"]);
    await expectMissing(bucket, key);
    const met = { "x-amz-rename-source-if-match": etag };
    expect((await rename(bucket, SOURCE, key, met)).status).toBe(200);
  });

  test("only if something has it, with If-Match", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, SOURCE, "body");
    const response = await rename(bucket, SOURCE, key, { "if-match": '"x"' });
    await expectError(response, 404, "NoSuchKey");
    expect(await readObject(`${bucket}/${SOURCE}`)).toBe("body");
  });

  test("and its time stays where it is one transaction", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, SOURCE, "body");
    const path = (name: string) => `/${bucket}/${encodeKey(name)}`;
    const before = (await signedFetch("HEAD", path(SOURCE))).headers.get("last-modified");
    advanceClock(10_000);
    await rename(bucket, SOURCE, key);
    const after = (await signedFetch("HEAD", path(key))).headers.get("last-modified");
    expect(after === before).toBe(where === "in the same shard" || env.INDEX_SHARDS === "1");
  });
});

test("an encoded name is decoded", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "a b/é", "body");
  expect((await rename(bucket, "a%20b/%C3%A9", "new")).status).toBe(200);
  expect(await readObject(`${bucket}/new`)).toBe("body");
});

test("what does not exist is NoSuchKey, and stays so when it was renamed before", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "a", "body");
  const token = { "x-amz-client-token": crypto.randomUUID() };
  expect((await rename(bucket, "a", "b", token)).status).toBe(200);
  const document = await expectError(await rename(bucket, "a", "b", token), 404, "NoSuchKey");
  expect(elements(document, "Key")).toEqual(["a"]);
  expect(await readObject(`${bucket}/b`)).toBe("body");
});

test.for([
  { because: "the source is not given", source: "", key: "b", code: "InvalidRequest" },
  { because: "the source is not UTF-8", source: "%FF", key: "b", code: "InvalidArgument" },
  { because: "both are one name", source: "a", key: "a", code: "InvalidRequest" },
  { because: "the source ends with a slash", source: "a/", key: "b", code: "InvalidRequest" },
  { because: "the new name ends with a slash", source: "a", key: "b/", code: "InvalidRequest" },
])("a rename is $code when $because", async ({ source, key, code }) => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "a", "body");
  await expectError(await rename(bucket, source, key), 400, code);
  expect(await readObject(`${bucket}/a`)).toBe("body");
});

test("a client token is printable ASCII of at most 64 characters", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "a", "body");
  for (const token of ["t".repeat(65), "a b"]) {
    const response = await rename(bucket, "a", "b", { "x-amz-client-token": token });
    await expectError(response, 400, "InvalidArgument");
  }
  const token = { "x-amz-client-token": "t".repeat(64) };
  expect((await rename(bucket, "a", "b", token)).status).toBe(200);
});

test("of many renames within a shard one succeeds", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, SOURCE, BLOB);
  const keys = Array.from({ length: 6 }, (_, i) => neighbourOf(SOURCE, i));
  const answers = await Promise.all(keys.map((key) => rename(bucket, SOURCE, key)));
  await expectMissing(bucket, SOURCE);
  const winners = keys.filter((_, i) => answers[i]?.status === 200);
  expect(winners).toHaveLength(1);
  expect(await readObject(`${bucket}/${winners[0]}`)).toBe(BLOB);
  expect(answers.filter(({ status }) => status === 404)).toHaveLength(5);
});
