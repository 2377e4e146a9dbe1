import { exports } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { encodeKey, putObject, signedFetch, signRequest, uniqueBucket } from "../support/client.ts";

// Whoever stands between a client and Ledge can change a request as a proxy does, and its signature still fits. What it
// means is what was signed.

let bucket: string;
beforeAll(async () => {
  bucket = await uniqueBucket();
});

/** The path, and what a header was signed as and is sent as. */
async function sendChanged(
  path: string,
  name: string,
  signed: string,
  sent: string,
): Promise<Response> {
  const request = await signRequest("PUT", path, { headers: { [name]: signed }, body: "" });
  request.headers.set(name, sent);
  return exports.default.fetch(request);
}

async function textOf(key: string): Promise<string> {
  const response = await signedFetch("GET", `/${bucket}/${encodeKey(key)}`);
  return response.status === 200 ? response.text() : `${response.status}`;
}

test("a copy whose source gets a space copies the object that was signed", async () => {
  await putObject(bucket, "a,b", "signed");
  await putObject(bucket, "a, b", "other");
  const path = `/${bucket}/copy`;
  const source = `/${bucket}/a,b`;
  const response = await sendChanged(path, "x-amz-copy-source", source, `/${bucket}/a, b`);
  expect(response.status, await response.text()).toBe(200);
  expect(await textOf("copy")).toBe("signed");
});

test("a rename whose source gets a space renames the object that was signed", async () => {
  await putObject(bucket, "c,d", "signed");
  await putObject(bucket, "c, d", "other");
  const path = `/${bucket}/renamed?renameObject=`;
  const response = await sendChanged(path, "x-amz-rename-source", "c,d", "c, d");
  expect(response.status, await response.text()).toBe(200);
  expect(await textOf("renamed")).toBe("signed");
  expect(await textOf("c,d")).toBe("404");
  expect(await textOf("c, d")).toBe("other");
});

test("metadata that was sent twice is stored as it was signed, joined by a comma alone", async () => {
  const response = await sendChanged(`/${bucket}/k`, "x-amz-meta-a", "1,2", "1, 2");
  expect(response.status, await response.text()).toBe(200);
  const head = await signedFetch("HEAD", `/${bucket}/k`);
  expect(head.headers.get("x-amz-meta-a")).toBe("1,2");
});
