import { beforeAll, expect, test } from "vitest";
import { fetchAs, newAccount } from "../support/accounts.ts";
import { aclOf, setAcl } from "../support/acl.ts";
import { putPolicy } from "../support/bucket-policy.ts";
import { elements, expectError, signedFetch, uniqueBucket } from "../support/client.ts";
import { expectOk } from "../support/documents.ts";
import { createUpload } from "../support/multipart.ts";

let bucket: string;
let ownerId: string;
const initiator = await newAccount();
const stranger = await newAccount();

beforeAll(async () => {
  bucket = await uniqueBucket();
  [ownerId = ""] = elements(await aclOf(bucket), "ID");
  await setAcl(bucket, { "x-amz-acl": "public-read-write" });
});

type Account = typeof initiator;

async function begin({ keys }: Account): Promise<string> {
  const begun = await expectOk(fetchAs(keys, "POST", `/${bucket}/k?uploads`));
  return `/${bucket}/k?uploadId=${elements(await begun.text(), "UploadId")[0]}`;
}

const denied = async (method: string, path: string, { keys }: Account) =>
  expectError(await fetchAs(keys, method, path), 403, "AccessDenied");

test("who has begun an upload lists its parts and aborts it, and so does the bucket's owner", async () => {
  const path = await begin(initiator);
  const part = { body: "part" };
  await expectOk(fetchAs(initiator.keys, "PUT", `${path}&partNumber=1`, part));
  const listed = await expectOk(fetchAs(initiator.keys, "GET", path));
  const document = await listed.text();
  expect(elements(document, "PartNumber")).toEqual(["1"]);
  expect(new Set(elements(document, "ID")).size).toBe(1);
  expect(elements(document, "ID")).not.toContain(ownerId);
  await expectOk(signedFetch("GET", path));
  await expectOk(fetchAs(initiator.keys, "DELETE", path), 204);
  for (const method of ["GET", "DELETE"])
    await expectError(await fetchAs(initiator.keys, method, path), 404, "NoSuchUpload");
  await expectOk(signedFetch("DELETE", await begin(initiator)), 204);
});

test("nobody else does, whoever may write in the bucket, nor with the owner's uploads", async () => {
  const theirs = await begin(initiator);
  const own = `/${bucket}/k?uploadId=${await createUpload(bucket, "k")}`;
  for (const method of ["GET", "DELETE"]) {
    await denied(method, theirs, stranger);
    for (const account of [initiator, stranger]) await denied(method, own, account);
  }
  for (const path of [theirs, own]) await expectOk(signedFetch("DELETE", path), 204);
});

test("a policy denies it to them, or allows it to others", async () => {
  const path = await begin(initiator);
  const actions = ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"];
  await putPolicy(bucket, { Effect: "Deny", Action: actions, on: ["*"] });
  for (const method of ["GET", "DELETE"]) await denied(method, path, initiator);
  await putPolicy(bucket, { Action: actions, on: ["*"], Principal: { AWS: stranger.id } });
  await expectOk(fetchAs(stranger.keys, "GET", path));
  await expectOk(fetchAs(stranger.keys, "DELETE", path), 204);
  await expectOk(signedFetch("DELETE", `/${bucket}`, { query: { policy: "" } }), 204);
});
