import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, expect, test, vi } from "vitest";
import { app } from "../../src/http/app.ts";
import { R2Calls } from "../../src/http/r2/bucket-service.ts";
import { UPLOAD_HEADER, type WireUpload } from "../../src/protocol/r2/wire.ts";
import { ENDPOINT, putObject, signedFetch, signRequest, uniqueBucket } from "../support/client.ts";
import { annotate } from "../support/annotations.ts";
import { copy, copyPart } from "../support/copy.ts";
import { advanceClock } from "../support/faults.ts";
import { formBody, formRequest, policyOf, signedV2 } from "../support/form.ts";
import { complete, createUpload, putPart } from "../support/multipart.ts";
import { setVersioning } from "../support/versions.ts";

const BYTES = 1000;

afterAll(() => {
  vi.useRealTimers();
});

/** A bucket with an object of 10 bytes and an upload, and room for 5 bytes more. */
interface Full {
  readonly bucket: string;
  /** Elsewhere, with an object of {@link BYTES}. */
  readonly other: string;
  readonly uploadId: string;
  /** Of 10 bytes, too. */
  readonly part: { readonly etag: string; readonly partNumber: number };
}

/** A body that knows whether it was read. */
function watched(): { body: ReadableStream<Uint8Array>; isRead: () => boolean } {
  let isRead = false;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        isRead = true;
        controller.enqueue(new Uint8Array(BYTES).fill(97));
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  return { body, isRead: () => isRead };
}

interface Sent {
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What is sent with a body, which has to be refused before that is read. */
async function unread(path: string, { query = {}, headers = {} }: Sent = {}): Promise<string> {
  const { body, isRead } = watched();
  const length = { "content-length": String(BYTES) };
  const request = await signRequest("PUT", path, {
    body,
    query,
    headers: { ...length, ...headers },
  });
  const context = createExecutionContext();
  const response = await app.fetch(request, env, context);
  expect(isRead(), "the body was read").toBe(false);
  return codeOf(response);
}

async function codeOf(response: Response): Promise<string> {
  return /<Code>(\w+)</.exec(await response.text())?.[1] ?? String(response.status);
}

/** The same by the binding of another Worker. */
async function bound(bucket: string, wire: WireUpload): Promise<string> {
  const context = createExecutionContext();
  const policy = { Statement: { Effect: "Allow", Action: "s3:*", Resource: "*" } };
  const props = { bucket, policy: { Version: "2012-10-17", ...policy } };
  const calls = new R2Calls(env, { props, waitUntil: (promise) => context.waitUntil(promise) });
  const { body, isRead } = watched();
  const headers = {
    [UPLOAD_HEADER]: encodeURIComponent(JSON.stringify(wire)),
    "content-length": String(BYTES),
  };
  const request = new Request("http://ledge.invalid", { method: "PUT", headers, body });
  const answer = await calls.upload(request);
  await waitOnExecutionContext(context);
  expect(isRead(), "the body was read").toBe(false);
  return "error" in answer ? answer.error.code : "done";
}

/** A form, of which no more than what comes before its file has to be read. */
async function form(
  bucket: string,
  file: Uint8Array,
): Promise<{ code: string; readBytes: number }> {
  const policy = policyOf([{ bucket }, ["starts-with", "$key", ""]]);
  const body = formBody([["key", "form"], ...signedV2(policy)], { file });
  const { headers } = formRequest(bucket, body);
  let readBytes = 0;
  const pieces = new ReadableStream({
    type: "bytes",
    pull(controller) {
      const piece = body.subarray(readBytes, readBytes + 1000);
      readBytes += piece.byteLength;
      controller.enqueue(Uint8Array.from(piece));
      if (readBytes === body.byteLength) controller.close();
    },
  });
  const init = { method: "POST", headers, body: pieces };
  const request = new Request(`${ENDPOINT}/${bucket}`, init);
  const response = await app.fetch(request, env, createExecutionContext());
  return { code: await codeOf(response), readBytes };
}

/** Every way in which bytes, or objects, come into a bucket. */
const PATHS: readonly (readonly [name: string, send: (full: Full) => Promise<string>])[] = [
  ["PutObject", ({ bucket }) => unread(`/${bucket}/new`)],
  ["PutObject, over what is there", ({ bucket }) => unread(`/${bucket}/k`)],
  [
    "an append",
    ({ bucket }) => unread(`/${bucket}/k`, { headers: { "x-amz-write-offset-bytes": "10" } }),
  ],
  [
    "UploadPart",
    ({ bucket, uploadId }) => unread(`/${bucket}/u`, { query: { uploadId, partNumber: "2" } }),
  ],
  [
    "PutObjectAnnotation",
    ({ bucket }) => unread(`/${bucket}/k`, { query: { annotation: "", annotationName: "n" } }),
  ],
  [
    "PostObject",
    async ({ bucket }) => {
      const { code, readBytes } = await form(bucket, new Uint8Array(100_000));
      expect(readBytes, "the file was read").toBeLessThan(20_000);
      return code;
    },
  ],
  ["put of a binding", ({ bucket }) => bound(bucket, { kind: "put", key: "new", options: {} })],
  [
    "uploadPart of a binding",
    ({ bucket, uploadId }) => bound(bucket, { kind: "part", key: "u", uploadId, partNumber: 2 }),
  ],
  ["CopyObject", async ({ bucket, other }) => codeOf(await copy(`${other}/k`, `${bucket}/copy`))],
  [
    "UploadPartCopy",
    async ({ bucket, other, uploadId }) =>
      codeOf(await copyPart(`${other}/k`, `${bucket}/u`, { uploadId, partNumber: "2" })),
  ],
  [
    "CompleteMultipartUpload, of objects",
    async ({ bucket, uploadId, part }) => codeOf(await complete(bucket, "u", uploadId, [part])),
  ],
  [
    "RenameObject, which leaves a version behind",
    async ({ bucket }) => {
      const headers = { "x-amz-rename-source": "k" };
      const query = { renameObject: "" };
      return codeOf(await signedFetch("PUT", `/${bucket}/renamed`, { query, headers }));
    },
  ],
];

test.for(PATHS)("%s asks the quota, before any body is read", async ([, send]) => {
  const other = await uniqueBucket();
  await putObject(other, "k", new Uint8Array(BYTES));
  const bucket = await uniqueBucket();
  await setVersioning(bucket, "Enabled");
  await putObject(bucket, "k", new Uint8Array(10));
  const uploadId = await createUpload(bucket, "u");
  const part = await putPart(bucket, "u", uploadId, 1, new Uint8Array(10));
  const body = JSON.stringify({ bytes: 25, objects: 1 });
  await signedFetch("PUT", `/_ledge/buckets/${bucket}/quota`, { body });
  expect(await send({ bucket, other, uploadId, part })).toBe("QuotaExceeded");
});

async function bucketWith(quota: object): Promise<string> {
  const bucket = await uniqueBucket();
  await signedFetch("PUT", `/_ledge/buckets/${bucket}/quota`, { body: JSON.stringify(quota) });
  return bucket;
}

test("of a form the file counts, not its fields", async () => {
  const bucket = await bucketWith({ bytes: 100 });
  expect((await form(bucket, new Uint8Array(100))).code).toBe("204");
  expect((await form(bucket, new Uint8Array(1))).code).toBe("QuotaExceeded");
});

test("a completion that fills a bucket is answered the same when it is repeated", async () => {
  const bucket = await bucketWith({ objects: 1 });
  const uploadId = await createUpload(bucket, "u");
  const part = await putPart(bucket, "u", uploadId, 1, new Uint8Array(10));
  const first = await complete(bucket, "u", uploadId, [part]);
  expect(first.status).toBe(200);
  const again = await complete(bucket, "u", uploadId, [part]);
  expect(again.status).toBe(200);
  expect(await again.text()).toBe(await first.text());
  expect(await codeOf(await complete(bucket, "u", "no-such-upload", [part]))).toBe("NoSuchUpload");
});

async function rename(bucket: string, from: string, to: string): Promise<string> {
  const headers = { "x-amz-rename-source": from };
  const query = { renameObject: "" };
  return codeOf(await signedFetch("PUT", `/${bucket}/${to}`, { query, headers }));
}

test("a rename in a bucket with versions counts the bytes of the version that stays", async () => {
  const bucket = await bucketWith({ bytes: 250 });
  await setVersioning(bucket, "Enabled");
  await putObject(bucket, "k0", new Uint8Array(100));
  expect(await rename(bucket, "k0", "k1")).toBe("200");
  expect(await rename(bucket, "k1", "k2")).toBe("QuotaExceeded");
});

/** An object of 10 bytes whose annotation has 4, of which no second fits. */
async function annotated(versioning?: "Enabled"): Promise<string> {
  const bucket = await bucketWith({ bytes: 27 });
  if (versioning !== undefined) await setVersioning(bucket, versioning);
  await putObject(bucket, "k", new Uint8Array(10));
  await annotate(`${bucket}/k`, "n");
  return bucket;
}

test("a copy counts the annotations that it brings along, at once", async () => {
  const bucket = await annotated();
  expect(await codeOf(await copy(`${bucket}/k`, `${bucket}/copy`))).toBe("QuotaExceeded");
  await signedFetch("PUT", `/_ledge/buckets/${bucket}/quota`, { body: '{"bytes": 28}' });
  expect(await codeOf(await copy(`${bucket}/k`, `${bucket}/copy`))).toBe("200");
});

test("a version made by an append, or a rename, counts the annotations that it gets", async () => {
  const bucket = await annotated("Enabled");
  const headers = { "x-amz-write-offset-bytes": "10" };
  const appended = await signedFetch("PUT", `/${bucket}/k`, { headers, body: "x" });
  expect(await codeOf(appended)).toBe("QuotaExceeded");
  expect(await rename(bucket, "k", "renamed")).toBe("QuotaExceeded");
});

test("a full bucket lets an annotated object be renamed, whichever shards have the keys", async () => {
  const bucket = await annotated();
  await putObject(bucket, "filler", new Uint8Array(13));
  for (let i = 0; i < 6; i += 1)
    expect(await rename(bucket, i === 0 ? "k" : `k${i}`, `k${i + 1}`)).toBe("200");
});

test("annotations count as bytes, and are room again once they are gone", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "k", "0123456789");
  const body = JSON.stringify({ bytes: 100 });
  await signedFetch("PUT", `/_ledge/buckets/${bucket}/quota`, { body });
  const query = { annotation: "", annotationName: "n" };
  const annotate = (text: string) => signedFetch("PUT", `/${bucket}/k`, { query, body: text });
  expect((await annotate("x".repeat(80))).status).toBe(200);
  advanceClock(11_000);
  expect(await codeOf(await signedFetch("PUT", `/${bucket}/l`, { body: "x".repeat(20) }))).toBe(
    "QuotaExceeded",
  );
  expect((await signedFetch("PUT", `/${bucket}/l`, { body: "x".repeat(10) })).status).toBe(200);
  expect((await signedFetch("DELETE", `/${bucket}/k`, { query })).status).toBe(204);
  advanceClock(11_000);
  expect((await annotate("x".repeat(80))).status).toBe(200);
});
