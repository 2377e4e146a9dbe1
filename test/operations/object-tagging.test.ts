import { expect, test } from "vitest";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { copied } from "../support/copy.ts";
import { expectOk, putDocument } from "../support/documents.ts";
import { completed, createUpload, putPart } from "../support/multipart.ts";
import { putVersion, versionedBucket } from "../support/versions.ts";

type Tags = Readonly<Record<string, string>>;

function putTags(path: string, tags: Tags, versionId?: string): Promise<Response> {
  const nodes = Object.entries(tags).map(
    ([key, value]) => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`,
  );
  return putDocument(path, select(versionId), "Tagging", `<TagSet>${nodes.join("")}</TagSet>`);
}

function select(versionId: string | undefined): Readonly<Record<string, string>> {
  return { tagging: "", ...(versionId !== undefined && { versionId }) };
}

async function tagsOf(path: string, versionId?: string): Promise<[string, string][]> {
  const response = await expectOk(signedFetch("GET", path, { query: select(versionId) }));
  const document = await response.text();
  const values = elements(document, "Value");
  return elements(document, "Key").map((key, i) => [key, values[i] ?? ""]);
}

function deleteTags(path: string, versionId?: string): Promise<Response> {
  return signedFetch("DELETE", path, { query: select(versionId) });
}

async function countOf(path: string): Promise<(string | null)[]> {
  const answers = [await signedFetch("GET", path), await signedFetch("HEAD", path)];
  return answers.map(({ headers }) => headers.get("x-amz-tagging-count"));
}

test("an object has the tags that were put last, in their order", async () => {
  const path = `/${await uniqueBucket()}/k`;
  await expectOk(signedFetch("PUT", path, { body: "x" }));
  expect(await tagsOf(path)).toEqual([]);
  await expectOk(putTags(path, { b: "1", a: "" }));
  expect(await tagsOf(path)).toEqual([
    ["b", "1"],
    ["a", ""],
  ]);
  await expectOk(putTags(path, { c: "é" }));
  expect(await tagsOf(path)).toEqual([["c", "é"]]);
  await expectOk(deleteTags(path), 204);
  expect(await tagsOf(path)).toEqual([]);
});

test("an answer about tags is exactly a Tagging document", async () => {
  const path = `/${await uniqueBucket()}/k`;
  await expectOk(signedFetch("PUT", path, { headers: { "x-amz-tagging": "k=v" }, body: "x" }));
  const response = await signedFetch("GET", path, { query: { tagging: "" } });
  expect(await response.text()).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>',
  );
});

test.for(["", "x".repeat(20_000)])("an upload brings tags in a header (%#)", async (body) => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "k", body, { "x-amz-tagging": "foo=bar+1&bar" });
  expect(await tagsOf(`/${bucket}/k`)).toEqual([
    ["bar", ""],
    ["foo", "bar 1"],
  ]);
  expect(await countOf(`/${bucket}/k`)).toEqual(["2", "2"]);
});

test("a multipart upload brings tags to the object that it makes", async () => {
  const bucket = await uniqueBucket();
  const uploadId = await createUpload(bucket, "k", { "x-amz-tagging": "k=v" });
  await completed(bucket, "k", uploadId, [await putPart(bucket, "k", uploadId, 1, "x")]);
  expect(await tagsOf(`/${bucket}/k`)).toEqual([["k", "v"]]);
});

test("a multipart upload whose tags are refused is not begun", async () => {
  const bucket = await uniqueBucket();
  const headers = { "x-amz-tagging": "a%21" };
  const query = { uploads: "" };
  await expectError(
    await signedFetch("POST", `/${bucket}/k`, { query, headers }),
    400,
    "InvalidTag",
  );
  const uploads = await signedFetch("GET", `/${bucket}`, { query });
  expect(elements(await uploads.text(), "UploadId")).toEqual([]);
});

test.for([
  [{}, "source"],
  [{ "x-amz-tagging": "of=request" }, "source"],
  [{ "x-amz-tagging-directive": "COPY", "x-amz-tagging": "of=request" }, "source"],
  [{ "x-amz-tagging-directive": "REPLACE", "x-amz-tagging": "of=request" }, "request"],
  [{ "x-amz-tagging-directive": "REPLACE" }, undefined],
] as const)("a copy asked for with %j has the tags of the %s", async ([headers, owner]) => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "k", "x", { "x-amz-tagging": "of=source" });
  await copied(`${bucket}/k`, `${bucket}/copy`, headers);
  expect(await tagsOf(`/${bucket}/copy`)).toEqual(owner === undefined ? [] : [["of", owner]]);
  expect(await tagsOf(`/${bucket}/k`)).toEqual([["of", "source"]]);
});

test("a copy of a version has that version's tags", async () => {
  const bucket = await versionedBucket();
  const first = await putVersion(bucket, "k", "1", { "x-amz-tagging": "v=1" });
  await putVersion(bucket, "k", "2", { "x-amz-tagging": "v=2" });
  await copied(`${bucket}/k?versionId=${first}`, `${bucket}/copy`);
  expect(await tagsOf(`/${bucket}/copy`)).toEqual([["v", "1"]]);
});

test("an overwrite has its own tags", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "k", "x", { "x-amz-tagging": "k=v" });
  await putObject(bucket, "k", "y");
  expect(await tagsOf(`/${bucket}/k`)).toEqual([]);
  expect(await countOf(`/${bucket}/k`)).toEqual([null, null]);
});

test("tags are counted in what was read before they were put", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "k", "x");
  expect(await countOf(`/${bucket}/k`)).toEqual([null, null]);
  await expectOk(putTags(`/${bucket}/k`, { a: "1", b: "2", c: "3" }));
  expect(await countOf(`/${bucket}/k`)).toEqual(["3", "3"]);
});

test("tags change neither the ETag nor Last-Modified", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "k", "x");
  const before = await signedFetch("HEAD", `/${bucket}/k`);
  await expectOk(putTags(`/${bucket}/k`, { a: "1" }));
  const after = await signedFetch("HEAD", `/${bucket}/k`);
  for (const name of ["etag", "last-modified"])
    expect(after.headers.get(name)).toBe(before.headers.get(name));
});

test("each version has tags of its own", async () => {
  const bucket = await versionedBucket();
  const path = `/${bucket}/k`;
  const first = await putVersion(bucket, "k", "1", { "x-amz-tagging": "v=1" });
  const second = await putVersion(bucket, "k", "2", { "x-amz-tagging": "v=2" });
  expect(await tagsOf(path)).toEqual([["v", "2"]]);
  expect(await tagsOf(path, first)).toEqual([["v", "1"]]);

  const changed = await expectOk(putTags(path, { old: "yes" }, first));
  expect(changed.headers.get("x-amz-version-id")).toBe(first);
  const removed = await expectOk(deleteTags(path), 204);
  expect(removed.headers.get("x-amz-version-id")).toBe(second);
  expect(await tagsOf(path)).toEqual([]);
  expect(await tagsOf(path, second)).toEqual([]);
  expect(await tagsOf(path, first)).toEqual([["old", "yes"]]);
  const read = await signedFetch("GET", path, { query: { tagging: "" } });
  expect(read.headers.get("x-amz-version-id")).toBe(second);
});

test("a delete marker has no tags, asked for by its id or not: MethodNotAllowed", async () => {
  const bucket = await versionedBucket();
  const path = `/${bucket}/k`;
  await putVersion(bucket, "k");
  const { headers } = await expectOk(signedFetch("DELETE", path), 204);
  const marker = headers.get("x-amz-version-id") ?? "";
  for (const versionId of [undefined, marker]) {
    const answers = [
      ["GET", await signedFetch("GET", path, { query: select(versionId) })],
      ["PUT", await putTags(path, { a: "1" }, versionId)],
      ["DELETE", await deleteTags(path, versionId)],
    ] as const;
    for (const [method, answer] of answers) {
      const document = await expectError(answer, 405, "MethodNotAllowed");
      expect(elements(document, "Method")).toEqual([method]);
      expect(elements(document, "ResourceType")).toEqual(["DeleteMarker"]);
    }
  }
});

test("tags of what does not exist are NoSuchKey, or NoSuchVersion", async () => {
  const bucket = await versionedBucket();
  const path = `/${bucket}/k`;
  const gone = await putVersion(bucket, "k");
  await expectOk(signedFetch("DELETE", path, { query: { versionId: gone } }), 204);
  for (const [versionId, code] of [
    [undefined, "NoSuchKey"],
    [gone, "NoSuchVersion"],
  ] as const) {
    await expectError(await signedFetch("GET", path, { query: select(versionId) }), 404, code);
    await expectError(await putTags(path, {}, versionId), 404, code);
    await expectError(await deleteTags(path, versionId), 404, code);
  }
});

test("tags that are refused change nothing", async () => {
  const path = `/${await uniqueBucket()}/k`;
  await expectOk(signedFetch("PUT", path, { headers: { "x-amz-tagging": "k=v" }, body: "x" }));
  await expectError(await putTags(path, { "a,b": "1" }), 400, "InvalidTag");
  const broken = putDocument(path, { tagging: "" }, "Tagging", "<TagSet><Tag/></TagSet>");
  await expectError(await broken, 400, "MalformedXML");
  expect(await tagsOf(path)).toEqual([["k", "v"]]);
});

test("an upload whose tags are refused stores nothing", async () => {
  const path = `/${await uniqueBucket()}/k`;
  const headers = { "x-amz-tagging": "a=1&a=2" };
  const response = await signedFetch("PUT", path, { headers, body: "x" });
  const document = await expectError(response, 400, "InvalidArgument");
  expect(elements(document, "ArgumentValue")).toEqual(["a=1&amp;a=2"]);
  expect((await signedFetch("HEAD", path)).status).toBe(404);
});
