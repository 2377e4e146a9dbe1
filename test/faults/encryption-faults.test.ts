import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, test, vi } from "vitest";
import { blobStoreOf } from "../../src/storage/blobs/blob-store-of.ts";
import { patternOf } from "../support/bytes.ts";
import { expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { copy } from "../support/copy.ts";
import { customerKey } from "../support/customer-key.ts";
import { expectBytes, MODES } from "../support/encryption.ts";
import { blobsIn, bucketIdOf, faultyEnv, faultyFetch } from "../support/faults.ts";
import { kms } from "../support/kms.ts";
import { createUpload, putPart } from "../support/multipart.ts";

const SHARDS = Number(env.INDEX_SHARDS);
const METHOD = "x-amz-server-side-encryption";

afterEach(() => {
  vi.restoreAllMocks();
});

/** All that a bucket's shards have in their tables, and its blobs, as one run of bytes. */
async function everythingKept(bucket: string): Promise<Buffer> {
  const id = await bucketIdOf(bucket);
  const kept: Uint8Array[] = [];
  for (let shard = 0; shard < SHARDS; shard += 1) {
    const stub = env.BUCKET_INDEX.getByName(`${id}/${shard}`);
    await runInDurableObject(stub, (_, { storage }) => kept.push(dump(storage.sql)));
  }
  await runInDurableObject(env.DIRECTORY.getByName("directory"), (_, { storage }) =>
    kept.push(dump(storage.sql)),
  );
  const raw = { read: (blob: string) => env.BLOBS.get(blob) };
  for (const blob of await blobsIn(bucket)) {
    const found = await raw.read(blob);
    kept.push(new Uint8Array((await found?.arrayBuffer()) ?? new ArrayBuffer()));
  }
  return Buffer.concat(kept);
}

function dump(sql: SqlStorage): Buffer {
  const names = sql
    .exec<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
    )
    .toArray();
  const values = names.flatMap(({ name }) =>
    sql
      .exec(`SELECT * FROM "${name}"`)
      .toArray()
      .flatMap((row) => Object.values(row)),
  );
  return Buffer.concat(
    values.map((value) =>
      value instanceof ArrayBuffer ? Buffer.from(value) : Buffer.from(String(value)),
    ),
  );
}

const SECRET = "what nobody is to read ";

test("neither a customer's key nor plain bytes are in any table, blob, or log", async () => {
  const logged: string[] = [];
  for (const level of ["log", "warn", "error"] as const)
    vi.spyOn(console, level).mockImplementation((...given) => void logged.push(given.join(" ")));
  const bucket = await uniqueBucket();
  const key = customerKey();
  const other = customerKey();
  const loud = faultyEnv({ LOG_REQUESTS: "true" });
  const send = (method: string, path: string, init = {}) => faultyFetch(loud, method, path, init);
  for (const [name, body] of [
    ["small", SECRET.repeat(10)],
    ["large", SECRET.repeat(5000)],
  ] as const) {
    const put = await send("PUT", `/${bucket}/${name}`, { headers: key.headers, body });
    expect(put.status).toBe(200);
    const got = await send("GET", `/${bucket}/${name}`, { headers: key.headers });
    expect(await got.text()).toBe(body);
    expect((await send("GET", `/${bucket}/${name}`, { headers: other.headers })).status).toBe(403);
    const headers = {
      ...other.headers,
      ...key.sourceHeaders,
      "x-amz-copy-source": `${bucket}/${name}`,
    };
    expect((await send("PUT", `/${bucket}/${name}-copy`, { headers })).status).toBe(200);
  }
  const uploadId = await createUpload(bucket, "parts", key.headers);
  await putPart(bucket, "parts", uploadId, 1, SECRET.repeat(5000), key.headers);

  const kept = await everythingKept(bucket);
  const lines = logged.join("\n");
  expect(kept.byteLength).toBeGreaterThan(2 * SECRET.length * 5000);
  expect(lines).toContain("PutObject");
  for (const { base64, md5 } of [key, other])
    for (const told of [base64, md5]) {
      expect(kept.includes(told)).toBe(false);
      expect(kept.includes(Buffer.from(told, "base64"))).toBe(false);
      expect(kept.includes(Buffer.from(told, "base64").toString("hex"))).toBe(false);
      expect(lines).not.toContain(told);
    }
  expect(kept.includes(SECRET)).toBe(false);
});

test.for(MODES.slice(1))("what is encrypted as $name is kept so", async (mode) => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "small", SECRET.repeat(10), mode.headers);
  await putObject(bucket, "large", SECRET.repeat(5000), mode.headers);
  await signedFetch("PUT", `/${bucket}/small`, {
    body: SECRET,
    headers: { ...mode.headers, "x-amz-write-offset-bytes": String(SECRET.length * 10) },
  });
  await copy(`${bucket}/large`, `${bucket}/copy`, { ...mode.sourceHeaders, ...mode.headers });
  expect((await everythingKept(bucket)).includes(SECRET)).toBe(false);
});

test.for(["sealed_key", "encryption", "bytes"])(
  "an object whose %s was changed behind the index's back is InternalError",
  async (column) => {
    const bucket = await uniqueBucket();
    const key = customerKey();
    await putObject(bucket, "k", "body", { [METHOD]: "aws:kms" });
    await putObject(bucket, "other", "body", { [METHOD]: "aws:kms" });
    expect((await signedFetch("GET", `/${bucket}/k`)).status).toBe(200);
    const id = await bucketIdOf(bucket);
    for (let shard = 0; shard < SHARDS; shard += 1)
      await runInDurableObject(env.BUCKET_INDEX.getByName(`${id}/${shard}`), (_, { storage }) => {
        const flip = (table: string) =>
          storage.sql.exec(
            column === "encryption"
              ? `UPDATE ${table} SET encryption = replace(encryption, '"w":"', '"w":"AAAA')`
              : `UPDATE ${table} SET ${column} = zeroblob(length(${column}))`,
          );
        flip(column === "bytes" ? "inline_body" : "object");
      });
    // What the shard remembers is of before.
    await putObject(bucket, "k", "body", { ...key.headers }).catch(() => undefined);
    await expectError(await signedFetch("GET", `/${bucket}/other`), 500, "InternalError");
  },
);

test.for([0, 1, 2])(
  "a flipped bit in frame %i breaks the answer off, or is InternalError",
  async (frame) => {
    const bucket = await uniqueBucket();
    const bytes = patternOf(3 * 65_536);
    await putObject(bucket, "k", bytes, { [METHOD]: "aws:kms" });
    const [blob = ""] = await blobsIn(bucket);
    const found = await env.BLOBS.get(blob);
    const stored = new Uint8Array((await found?.arrayBuffer()) ?? new ArrayBuffer());
    const at = frame * (65_536 + 16) + 7;
    stored[at] = (stored[at] ?? 0) ^ 1;
    await env.BLOBS.put(blob, stored);
    const got = await signedFetch("GET", `/${bucket}/k`);
    if (frame === 0) await expectError(got, 500, "InternalError");
    else await expect(got.arrayBuffer()).rejects.toThrow();
    // What is whole can be read.
    const range = frame === 0 ? "bytes=65536-70000" : "bytes=0-65535";
    const part = await signedFetch("GET", `/${bucket}/k`, { headers: { range } });
    expect(part.status).toBe(206);
    await part.arrayBuffer();
    const copying = await copy(`${bucket}/k`, `${bucket}/plain-copy`);
    expect(copying.status).toBe(500);
    expect((await signedFetch("HEAD", `/${bucket}/plain-copy`)).status).toBe(404);
  },
);

describe("a deployment without MASTER_KEY", () => {
  const bindings = faultyEnv({ MASTER_KEY: "" } as Partial<Cloudflare.Env>);

  test.for(["AES256", "aws:kms", "aws:kms:dsse"])("stores nothing as %s", async (method) => {
    const bucket = await uniqueBucket();
    const headers = { [METHOD]: method };
    const put = await faultyFetch(bindings, "PUT", `/${bucket}/k`, { headers, body: "body" });
    await expectError(put, 400, "KMS.KMSInvalidStateException");
    const create = { headers, query: { uploads: "" } };
    const created = await faultyFetch(bindings, "POST", `/${bucket}/k`, create);
    await expectError(created, 400, "KMS.KMSInvalidStateException");
    await expectError(await signedFetch("GET", `/${bucket}/k`), 404, "NoSuchKey");
  });

  test("takes customers' keys", async () => {
    const bucket = await uniqueBucket();
    const { headers } = customerKey();
    const put = await faultyFetch(bindings, "PUT", `/${bucket}/k`, { headers, body: "body" });
    expect(put.status).toBe(200);
  });
});

test("SSE_S3=store says that it is encrypted, and leaves it to the store", async () => {
  const bindings = faultyEnv({ SSE_S3: "store", MASTER_KEY: "" } as Partial<Cloudflare.Env>);
  const bucket = await uniqueBucket();
  const headers = { [METHOD]: "AES256" };
  await faultyFetch(bindings, "PUT", `/${bucket}/k`, { headers, body: SECRET });
  const got = await faultyFetch(bindings, "GET", `/${bucket}/k`);
  expect(got.headers.get(METHOD)).toBe("AES256");
  expect(await got.text()).toBe(SECRET);
  expect((await everythingKept(bucket)).includes(SECRET)).toBe(true);
  // And so is what an envelope is copied to, and the other way round.
  await copy(`${bucket}/k`, `${bucket}/envelope`, headers);
  const mode = MODES.find(({ name }) => name === "S3");
  if (mode !== undefined) await expectBytes(`/${bucket}/envelope`, mode, Buffer.from(SECRET));
});

test("a customer's key over plain HTTP is refused, unless the deployment allows it", async () => {
  const bindings = faultyEnv({ SSE_C_OVER_HTTP: "refuse" });
  const bucket = await uniqueBucket();
  const { headers, sourceHeaders } = customerKey();
  const put = await faultyFetch(bindings, "PUT", `/${bucket}/k`, { headers, body: "body" });
  await expectError(put, 400, "InvalidRequest");
  await putObject(bucket, "k", "body", headers);
  const copying = { ...sourceHeaders, "x-amz-copy-source": `${bucket}/k` };
  const copied = await faultyFetch(bindings, "PUT", `/${bucket}/copy`, { headers: copying });
  await expectError(copied, 400, "InvalidRequest");
});

test("an object whose KMS key is disabled can neither be read nor be written, until it is enabled", async () => {
  const bucket = await uniqueBucket();
  const { KeyMetadata } = (await kms("CreateKey")) as { KeyMetadata: { KeyId: string } };
  const { KeyId } = KeyMetadata;
  const headers = { [METHOD]: "aws:kms", [`${METHOD}-aws-kms-key-id`]: KeyId };
  await putObject(bucket, "k", "body", headers);
  await kms("DisableKey", { KeyId });
  await expectError(await signedFetch("GET", `/${bucket}/k`), 400, "KMS.DisabledException");
  const put = await signedFetch("PUT", `/${bucket}/other`, { headers, body: "body" });
  await expectError(put, 400, "KMS.DisabledException");
  await expectError(await copy(`${bucket}/k`, `${bucket}/copy`), 400, "KMS.DisabledException");
  await kms("EnableKey", { KeyId });
  expect(await (await signedFetch("GET", `/${bucket}/k`)).text()).toBe("body");
  // What was wrapped with the material of before is read with it.
  await kms("RotateKeyOnDemand", { KeyId });
  expect(await (await signedFetch("GET", `/${bucket}/k`)).text()).toBe("body");
});

test("the bytes of a failed upload are kept by nobody", async () => {
  const bucket = await uniqueBucket();
  const headers = { ...customerKey().headers, "x-amz-checksum-crc32": "AAAAAA==" };
  const put = await signedFetch("PUT", `/${bucket}/k`, { headers, body: "x".repeat(70_000) });
  await expectError(put, 400, "BadDigest");
  expect(await blobsIn(bucket)).toEqual([]);
  expect(await blobStoreOf(env).list(`${await bucketIdOf(bucket)}/`, "")).toMatchObject({
    ids: [],
  });
});
