import { beforeAll, expect, test } from "vitest";
import { aclOf, granteesOf, putAcl, setAcl } from "../support/acl.ts";
import { ANONYMOUS_ID, anonymously, putAnonymously, expectDenied } from "../support/anonymous.ts";
import { expectOk, putDocument } from "../support/documents.ts";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";

const query = { acl: "" };

let bucket: string;
let ownerId: string;
beforeAll(async () => {
  bucket = await uniqueBucket();
  [ownerId = ""] = elements(await aclOf(bucket), "ID");
});

const get = (path: string): Promise<Response> => anonymously("GET", `/${path}`);

test("a stranger reads what everybody may read, and nothing else", async () => {
  await setAcl(bucket, { "x-amz-acl": "private" });
  await putObject(bucket, "public", "body", { "x-amz-acl": "public-read" });
  await putObject(bucket, "members", "body", { "x-amz-acl": "authenticated-read" });
  expect(await (await get(`${bucket}/public`)).text()).toBe("body");
  for (const path of [`${bucket}/members`, `${bucket}/k2`, bucket, `${bucket}/public?acl`])
    await expectDenied("GET", `/${path}`);
  await setAcl(`${bucket}/public`, { "x-amz-acl": "private" });
  await expectDenied("GET", `/${bucket}/public`);
});

test("a stranger lists a bucket that everybody may read, and puts into one that everybody may write", async () => {
  const open = await uniqueBucket();
  await putObject(open, "k", "body");
  await expectDenied("GET", `/${open}`);
  await setAcl(open, { "x-amz-acl": "public-read-write" });
  expect(elements(await (await get(open)).text(), "Key")).toEqual(["k"]);
  await expectDenied("GET", `/${open}/k`);
  await putAnonymously(`${open}/theirs`, { "x-amz-acl": "bucket-owner-read" });
  const listing = await (await signedFetch("GET", `/${open}`)).text();
  expect(elements(listing, "ID")).toEqual([ownerId, ANONYMOUS_ID]);
  expect((await signedFetch("GET", `/${open}/theirs`)).status).toBe(200);
  await setAcl(open, { "x-amz-acl": "private" });
  await expectDenied("GET", `/${open}`);
});

test("a stranger deletes what it has put, where everybody may write, and nothing else", async () => {
  const open = await uniqueBucket();
  await setAcl(open, { "x-amz-acl": "public-read-write" });
  const send = (method: string, path: string, body?: string) =>
    anonymously(method, `/${open}${path}`, body === undefined ? {} : { body });
  await putObject(open, "mine", "body");
  await putObject(open, "open", "body", { "x-amz-acl": "public-read-write" });
  for (const key of ["theirs", "theirs-too"])
    expect((await send("PUT", `/${key}`, "body")).status).toBe(200);
  for (const key of ["mine", "open"]) await expectDenied("DELETE", `/${open}/${key}`);
  await expectDenied("DELETE", `/${open}/theirs?versionId=null`);
  for (let i = 0; i < 2; i += 1) expect((await send("DELETE", "/theirs")).status).toBe(204);
  const entries = ["mine", "theirs-too", "none"].map((key) => `<Object><Key>${key}</Key></Object>`);
  const many = await send("POST", "?delete", `<Delete>${entries.join("")}</Delete>`);
  const result = await many.text();
  expect(elements(result, "Code"), result).toEqual(["AccessDenied"]);
  expect(elements(result, "Key")).toEqual(["mine", "theirs-too", "none"]);
  const listing = await (await signedFetch("GET", `/${open}`)).text();
  expect(elements(listing, "Key")).toEqual(["mine", "open"]);
  expect((await signedFetch("DELETE", `/${open}/open`)).status).toBe(204);
});

test("a stranger owns what it puts: the bucket's owner reads it if it may", async () => {
  const open = await uniqueBucket();
  await setAcl(open, { "x-amz-acl": "public-read-write" });
  await putAnonymously(`${open}/theirs`);
  const path = `/${open}/theirs`;
  await expectError(await signedFetch("GET", path), 403, "AccessDenied");
  expect((await signedFetch("HEAD", path)).status).toBe(403);
  await expectError(await signedFetch("GET", path, { query }), 403, "AccessDenied");
  await expectError(
    await putAcl(`${open}/theirs`, { "x-amz-acl": "private" }),
    403,
    "AccessDenied",
  );
  const headers = { "x-amz-copy-source": `${open}/theirs` };
  await expectError(await signedFetch("PUT", `/${bucket}/c`, { headers }), 403, "AccessDenied");
  expect((await signedFetch("DELETE", path)).status).toBe(204);
});

test("what a stranger has put belongs to all strangers, who can give it to the bucket's owner", async () => {
  const open = await uniqueBucket();
  await setAcl(open, { "x-amz-acl": "public-read-write" });
  await putAnonymously(`${open}/theirs`);
  const path = `/${open}/theirs`;
  expect(await (await anonymously("GET", path)).text()).toBe("theirs");
  const switches = "<IgnorePublicAcls>true</IgnorePublicAcls>";
  const block = { publicAccessBlock: "" };
  await putDocument(`/${open}`, block, "PublicAccessBlockConfiguration", switches);
  await expectDenied("GET", path);
  await expectOk(signedFetch("DELETE", `/${open}`, { query: block }), 204);
  const headers = { "x-amz-acl": "bucket-owner-full-control" };
  await expectOk(anonymously("PUT", `${path}?acl`, { headers }));
  expect((await signedFetch("GET", path)).status).toBe(200);
  expect(await granteesOf(`${open}/theirs`)).toEqual([ANONYMOUS_ID, ownerId]);
});
