import { expect, test } from "vitest";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";

function deleteObjects(
  bucket: string,
  document: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return signedFetch("POST", `/${bucket}`, { query: { delete: "" }, body: document, headers });
}

function entries(keys: readonly string[]): string {
  return keys.map((key) => `<Object><Key>${key}</Key></Object>`).join("");
}

test("1,000 keys are deleted at once, one result each, missing ones included", async () => {
  const bucket = await uniqueBucket();
  const keys = Array.from({ length: 1000 }, (_, i) => `k${i}`);
  await Promise.all(keys.slice(0, 50).map((key) => putObject(bucket, key, "x")));
  const response = await deleteObjects(bucket, `<Delete>${entries(keys)}</Delete>`);
  expect(response.status).toBe(200);
  expect(elements(await response.text(), "Key")).toEqual(keys);
  const list = await (await signedFetch("GET", `/${bucket}`)).text();
  expect(elements(list, "Key")).toEqual([]);
});

test("Quiet answers errors only", async () => {
  const bucket = await uniqueBucket();
  const long = "x".repeat(1025);
  const document = `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>${entries(["a", long])}</Delete>`;
  const text = await (await deleteObjects(bucket, document)).text();
  expect(elements(text, "Key")).toEqual([long]);
  expect(elements(text, "Code")).toEqual(["KeyTooLongError"]);
});

test("each entry has its own condition and its own result, in the order given", async () => {
  const bucket = await uniqueBucket();
  const etag = (await putObject(bucket, "a", "x")).headers.get("etag") ?? "";
  await putObject(bucket, "b", "y");
  const text = await (
    await deleteObjects(
      bucket,
      `<Delete><Object><Key>b</Key><ETag>${etag}</ETag></Object><Object><Key>a</Key><ETag>${etag}</ETag></Object>` +
        "<Object><Key>c</Key><VersionId>v1</VersionId></Object></Delete>",
    )
  ).text();
  expect(elements(text, "Key")).toEqual(["b", "a", "c"]);
  expect(elements(text, "Code")).toEqual(["PreconditionFailed", "NoSuchVersion"]);
  expect((await signedFetch("HEAD", `/${bucket}/b`)).status).toBe(200);
  expect((await signedFetch("HEAD", `/${bucket}/a`)).status).toBe(404);
});

test("keys with characters of XML and of the path are taken as they are", async () => {
  const bucket = await uniqueBucket();
  const keys = ["a&b", "<c>", "d//e", "g%2Fh", "😀"];
  for (const key of keys) await putObject(bucket, key, "x");
  const escaped = keys.map((key) => key.replaceAll("&", "&amp;").replaceAll("<", "&lt;"));
  const response = await deleteObjects(bucket, `<Delete>${entries(escaped)}</Delete>`);
  expect(response.status).toBe(200);
  const list = await (await signedFetch("GET", `/${bucket}`)).text();
  expect(elements(list, "Key")).toEqual([]);
});

test.for([
  { document: "<Delete></Delete>", because: "no entry" },
  {
    document: `<Delete>${entries(Array.from({ length: 1001 }, (_, i) => `k${i}`))}</Delete>`,
    because: "1,001 entries",
  },
  { document: "<Delete><Object><Key>a</Key></Object>", because: "unclosed XML" },
  { document: "<Other/>", because: "another root" },
  { document: "<!DOCTYPE x><Delete><Object><Key>a</Key></Object></Delete>", because: "a DOCTYPE" },
])("$because is MalformedXML", async ({ document }) => {
  const bucket = await uniqueBucket();
  await expectError(await deleteObjects(bucket, document), 400, "MalformedXML");
});

test("an unsigned payload that nothing else vouches for is InvalidRequest", async () => {
  const bucket = await uniqueBucket();
  const unsigned = { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
  const document = `<Delete>${entries(["a"])}</Delete>`;
  await expectError(await deleteObjects(bucket, document, unsigned), 400, "InvalidRequest");
});

test("a body that its Content-MD5 does not match deletes nothing", async () => {
  const bucket = await uniqueBucket();
  await putObject(bucket, "a", "x");
  const headers = { "content-md5": "AAAAAAAAAAAAAAAAAAAAAA==" };
  await expectError(
    await deleteObjects(bucket, `<Delete>${entries(["a"])}</Delete>`, headers),
    400,
    "BadDigest",
  );
  expect((await signedFetch("HEAD", `/${bucket}/a`)).status).toBe(200);
});
