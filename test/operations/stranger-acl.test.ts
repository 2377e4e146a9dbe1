import { createHash } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { aclOf, putAcl, setAcl } from "../support/acl.ts";
import {
  elements,
  ENDPOINT,
  expectError,
  putObject,
  rawFetch,
  signedFetch,
  uniqueBucket,
} from "../support/client.ts";

const query = { acl: "" };

let bucket: string;
let ownerId: string;
beforeAll(async () => {
  bucket = await uniqueBucket();
  [ownerId = ""] = elements(await aclOf(bucket), "ID");
});

const get = (path: string): Promise<Response> => rawFetch(`${ENDPOINT}/${path}`);

test("a stranger reads what everybody may read, and nothing else", async () => {
  await setAcl(bucket, { "x-amz-acl": "private" });
  await putObject(bucket, "public", "body", { "x-amz-acl": "public-read" });
  await putObject(bucket, "members", "body", { "x-amz-acl": "authenticated-read" });
  expect(await (await get(`${bucket}/public`)).text()).toBe("body");
  for (const path of [`${bucket}/members`, `${bucket}/k2`, bucket, `${bucket}/public?acl`])
    await expectError(await get(path), 403, "AccessDenied");
  await setAcl(`${bucket}/public`, { "x-amz-acl": "private" });
  await expectError(await get(`${bucket}/public`), 403, "AccessDenied");
});

test("a stranger lists a bucket that everybody may read, and puts into one that everybody may write", async () => {
  const open = await uniqueBucket();
  await putObject(open, "k", "body");
  await expectError(await get(open), 403, "AccessDenied");
  await setAcl(open, { "x-amz-acl": "public-read-write" });
  expect(elements(await (await get(open)).text(), "Key")).toEqual(["k"]);
  await expectError(await get(`${open}/k`), 403, "AccessDenied");
  const put = await rawFetch(`${ENDPOINT}/${open}/theirs`, {
    method: "PUT",
    body: "theirs",
    headers: { "content-length": "6", "x-amz-acl": "bucket-owner-read" },
  });
  expect(put.status, await put.text()).toBe(200);
  const listing = await (await signedFetch("GET", `/${open}`)).text();
  expect(elements(listing, "ID")).toEqual([ownerId, "65a011a29cdf8ec533ec3d1ccaae921c"]);
  expect((await signedFetch("GET", `/${open}/theirs`)).status).toBe(200);
  await setAcl(open, { "x-amz-acl": "private" });
  await expectError(await get(open), 403, "AccessDenied");
});

test("a stranger deletes what it has put, where everybody may write, and nothing else", async () => {
  const open = await uniqueBucket();
  await setAcl(open, { "x-amz-acl": "public-read-write" });
  const send = (method: string, path: string, body?: string) =>
    rawFetch(`${ENDPOINT}/${open}${path}`, {
      method,
      ...(body !== undefined && {
        body,
        headers: {
          "content-length": String(body.length),
          "content-md5": createHash("md5").update(body).digest("base64"),
        },
      }),
    });
  await putObject(open, "mine", "body");
  await putObject(open, "open", "body", { "x-amz-acl": "public-read-write" });
  for (const key of ["theirs", "theirs-too"])
    expect((await send("PUT", `/${key}`, "body")).status).toBe(200);
  for (const key of ["mine", "open"])
    await expectError(await send("DELETE", `/${key}`), 403, "AccessDenied");
  await expectError(await send("DELETE", "/theirs?versionId=null"), 403, "AccessDenied");
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
  const put = await rawFetch(`${ENDPOINT}/${open}/theirs`, {
    method: "PUT",
    body: "theirs",
    headers: { "content-length": "6" },
  });
  expect(put.status, await put.text()).toBe(200);
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
