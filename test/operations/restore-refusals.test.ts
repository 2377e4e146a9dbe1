import { createHash } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { expectError, signedFetch } from "../support/client.ts";
import { expectOk } from "../support/documents.ts";

const KEYS = { keys: [], materials: [], aliases: [] };
const newName = (): string => `restored-${crypto.randomUUID().slice(0, 13)}`;
const HEADERS = { "x-ledge-restore": "token" };

let name: string;
let exported: { readonly bucket: Readonly<Record<string, unknown>> };
beforeAll(async () => {
  name = newName();
  const bucket = { name, region: "us-east-1", ownerId: "o", shardCount: 1, createdMs: 1 };
  exported = { bucket };
  const plan = { token: "token", exported, keys: KEYS, highestSequence: 100 };
  await expectOk(send("", plan), 204);
}, 60_000);

function send(step: string, document: unknown, bucket = name): Promise<Response> {
  const body = JSON.stringify(document);
  return signedFetch("POST", `/_ledge/buckets/${bucket}/restore${step}`, {
    body,
    headers: HEADERS,
  });
}

const COLUMNS = {
  ...{ key: "k", sequence: 1, size_bytes: 1, modified_ms: 1, etag: "e", storage_class: "STANDARD" },
  ...{ headers: "{}", is_marker: 0, version_id: null },
};
const version = (columns: object, more: object = {}): object => ({
  from: "01m8ctf0byc843nx473wg1v8kk",
  versions: [{ table: "object", columns: { ...COLUMNS, ...columns }, body: "QQ==", ...more }],
});

const UPLOAD = {
  ...{
    key: "k",
    upload_id: "01m8ctf0byc843nx473wg1v8kk",
    initiated_ms: 1,
    storage_class: "STANDARD",
  },
  ...{ version_id: null, headers: "{}" },
};
const PART = { part_number: 1, modified_ms: 1, size_bytes: 1, etag: "e" };
const upload = (columns: object, part: object = {}, more: object = {}): object => ({
  from: "01m8ctf0byc843nx473wg1v8kk",
  uploads: [
    {
      columns: { ...UPLOAD, ...columns },
      parts: [
        { columns: { ...PART, ...part }, contentId: "b/0/01m8ctf0byc843nx473wg1v8kk", ...more },
      ],
    },
  ],
});

test("an upload as it should be is restored, once", async () => {
  const document = { from: "f", uploads: [{ columns: UPLOAD, parts: [] }] };
  for (let i = 0; i < 2; i += 1)
    expect(await (await send("/uploads", document)).json()).toEqual({ outcomes: [[]] });
  const found = await send("/uploads/look", {
    uploads: [
      ["k", UPLOAD.upload_id],
      ["k", "no"],
    ],
  });
  expect(await found.json()).toMatchObject({
    found: [{ parts: [] }, { shard: expect.any(String) }],
  });
});

test("a version as it should be is restored", async () => {
  const answer = await send("/rows", version({}));
  expect(await answer.json()).toEqual({ outcomes: ["imported"] });
});

test("a segment that reaches beyond its blob is refused, whatever another says of that blob", async () => {
  const look = await send("/look", { versions: [["long", 3]] });
  const { found } = await look.json<{ found: readonly { shard: string }[] }>();
  const shard = found[0]?.shard ?? "";
  const body = "AB";
  const sha256 = createHash("sha256").update(body).digest("hex");
  const brought = await signedFetch("PUT", `/_ledge/buckets/${name}/restore/blobs`, {
    query: { shard },
    headers: { ...HEADERS, "x-ledge-sha256": sha256 },
    body,
  });
  const { blobId } = await brought.json<{ blobId: string }>();
  const segment = (partNumber: number, offsetBytes: number, sizeBytes: number, whole: number) => ({
    ...{ blobId, partNumber, offsetBytes, sizeBytes, blobOffsetBytes: 0, blobSizeBytes: whole },
  });
  const columns = { key: "long", sequence: 3, size_bytes: 101, part_count: 2 };
  const contentId = `${shard}/01m8ctf0byc843nx473wg1v8kk`;
  const lying = {
    body: undefined,
    contentId,
    segments: [segment(1, 0, 100, 100), segment(2, 100, 1, 2)],
  };
  await expectError(await send("/rows", version(columns, lying)), 400, "InvalidRequest");
});

test("a version with any ETag that an import takes is restored", async () => {
  const path = `/${name}-imported/k`;
  await signedFetch("PUT", `/${name}-imported`);
  const etag = "0x8DA.7:B!~[1]";
  const said = { versionId: "null", lastModified: "2024-01-02T03:04:05.000Z", etag };
  const headers = { "x-ledge-import": JSON.stringify(said) };
  await expectOk(signedFetch("PUT", path, { body: "A", headers }), 200);
  expect((await signedFetch("HEAD", path)).headers.get("etag")).toBe(`"${etag}"`);
  const answer = await send("/rows", version({ key: "imported", sequence: 2, etag }));
  expect(await answer.json()).toEqual({ outcomes: ["imported"] });
});

test.for([
  ["/look", { versions: 5 }],
  ["/look", { versions: [null] }],
  ["/look", { versions: [["k"]] }],
  ["/look", { versions: [["k", [1]]] }],
  ["/rows", { from: "f", versions: {} }],
  ["/rows", { from: "f", versions: [null] }],
  ["/rows", { from: "f", versions: [{}] }],
  ["/rows", { from: "f", versions: [{ columns: [] }] }],
  ["/rows", version({ etag: { a: 1 } })],
  ["/rows", version({ etag: 'a"\r\nb' })],
  ["/rows", version({ part_count: [1] })],
  ["/rows", version({ encryption: "{" })],
  ["/rows", version({}, { body: 1 })],
  ["/rows", version({}, { body: undefined, contentId: 7 })],
  ["/rows", version({}, { segments: "all" })],
  ["/rows", version({}, { segments: [null] })],
  ["/rows", version({}, { segments: [{ blobId: 1 }] })],
  ["/rows", version({ key: "\uD800" })],
  ["/annotations", { key: "k", sequence: 1, annotations: [null] }],
  ["/annotations", { key: "k", sequence: 1, annotations: "a" }],
  ["/uploads/look", { uploads: 5 }],
  ["/uploads/look", { uploads: [["k"]] }],
  ["/uploads/look", { uploads: [["k", 1]] }],
  ["/uploads", { uploads: [] }],
  ["/uploads", { from: "f", uploads: {} }],
  ["/uploads", { from: "f", uploads: [null] }],
  ["/uploads", { from: "f", uploads: [{ columns: UPLOAD }] }],
  ["/uploads", { from: "f", uploads: [{ columns: UPLOAD, parts: [null] }] }],
  ["/uploads", upload({ key: "" })],
  ["/uploads", upload({ key: "\uD800" })],
  ["/uploads", upload({ upload_id: "../x" })],
  ["/uploads", upload({ initiated_ms: -1 })],
  ["/uploads", upload({ object_sequence: "x" })],
  ["/uploads", upload({ storage_class: "a b" })],
  ["/uploads", upload({ version_id: "x" })],
  ["/uploads", upload({ attributes: "[" })],
  ["/uploads", upload({ headers: '{"set-cookie":"a=b"}' })],
  ["/uploads", upload({ headers: null })],
  ["/uploads", upload({ encryption: "{" })],
  ["/uploads", upload({ "x) VALUES (1); --": 1 })],
  ["/uploads", upload({}, { part_number: 0 })],
  ["/uploads", upload({}, { part_number: 10_001 })],
  ["/uploads", upload({}, { size_bytes: -1 })],
  ["/uploads", upload({}, { etag: "a b" })],
  ["/uploads", upload({}, { moving_key: "k" })],
  ["/uploads", upload({})],
  ["/uploads", upload({}, {}, { contentId: "../../etc/passwd" })],
  ["/uploads", upload({}, {}, { contentId: 7 })],
  ["/uploads", upload({}, {}, { segments: "all" })],
  ["/uploads", upload({}, {}, { segments: [{ blobId: "b" }] })],
  ["/finish", { documents: [null], flags: {} }],
  ["/finish", { documents: [{ kind: "cors", id: "", part: "gateway" }], flags: {} }],
  ["/finish", { documents: "all", flags: {} }],
  ["/finish", { documents: [{ kind: "restore", id: "", part: "directory", body: "1" }] }],
  ["/finish", { documents: [], flags: null }],
] as const)(
  "what no backup has is told, and is no fault of the server: %s %o",
  async ([step, document]) => {
    await expectError(await send(step, document), 400, "InvalidRequest");
  },
);

test.for([
  { "set-cookie": "session=theirs" },
  { "cloudflare-cdn-cache-control": "public, max-age=31536000" },
  { "access-control-allow-origin": "*" },
  { "x-amz-meta-a b": "c" },
  { "content-type": "text/plain\r\nset-cookie: a=b" },
  { "content-type": 1 },
])("headers that no upload leaves are not restored: %o", async (headers) => {
  const answer = await send("/rows", version({ headers: JSON.stringify(headers) }));
  await expectError(answer, 400, "InvalidRequest");
});

test.for([
  { exported: null },
  { exported: { bucket: null } },
  { exported: { bucket: { shardCount: 1 } } },
  { keys: null },
  { keys: {} },
  { keys: { ...KEYS, materials: [null] } },
  { keys: { ...KEYS, aliases: [{ name: {} }] } },
  { highestSequence: "1" },
  { highestSequence: -1 },
  // Behind it numbers would be given twice, and objects would be written over.
  { highestSequence: Number.MAX_SAFE_INTEGER },
])("nothing is made of a plan that is none: %o", async (changed) => {
  const other = newName();
  const plan = { token: "token", exported, keys: KEYS, highestSequence: 100, ...changed };
  await expectError(await send("", plan, other), 400, "InvalidRequest");
  expect((await signedFetch("HEAD", `/${other}`)).status).toBe(404);
});
