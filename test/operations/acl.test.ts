import { beforeAll, describe, expect, test } from "vitest";
import {
  aclOf,
  ALL_USERS,
  AUTHENTICATED_USERS,
  LOG_DELIVERY,
  putAcl,
  setAcl,
} from "../support/acl.ts";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { copied } from "../support/copy.ts";
import { completed, createUpload, putPart } from "../support/multipart.ts";
import { put, setVersioning, versionedBucket } from "../support/versions.ts";
import vectors from "../vectors/acl/requests.json";

const query = { acl: "" };

type Headers = Readonly<Record<string, string>>;

let bucket: string;
let ownerId: string;
beforeAll(async () => {
  bucket = await uniqueBucket();
  await putObject(bucket, "k", "body");
  [ownerId = ""] = elements(await aclOf(`${bucket}/k`), "ID");
});

/** `AllUsers READ, owner FULL_CONTROL`, in the order of the answer. */
async function grantsOf(path: string, versionId?: string): Promise<string> {
  const document = await aclOf(path, versionId);
  const [owner, ...others] = elements(document, "ID");
  expect([owner, ...others].every((id) => id === ownerId)).toBe(true);
  return (document.match(/<Grant>.*?<\/Grant>/g) ?? [])
    .map((grant) => {
      const [uri] = elements(grant, "URI");
      const who = uri === undefined ? "owner" : uri.slice(uri.lastIndexOf("/") + 1);
      return `${who} ${elements(grant, "Permission")[0]}`;
    })
    .join(", ");
}

const CANNED = [
  ["private", "owner FULL_CONTROL"],
  ["public-read", "AllUsers READ, owner FULL_CONTROL"],
  ["public-read-write", "AllUsers READ, AllUsers WRITE, owner FULL_CONTROL"],
  ["authenticated-read", "AuthenticatedUsers READ, owner FULL_CONTROL"],
  ["aws-exec-read", "owner FULL_CONTROL"],
  ["bucket-owner-read", "owner FULL_CONTROL"],
  ["bucket-owner-full-control", "owner FULL_CONTROL"],
] as const;

test.for(CANNED)(
  "%s is %s, put with an object, put later, and of buckets",
  async ([acl, grants]) => {
    const headers = { "x-amz-acl": acl };
    await putObject(bucket, acl, "body", headers);
    expect(await grantsOf(`${bucket}/${acl}`)).toBe(grants);
    for (const path of [`${bucket}/k`, bucket]) {
      await setAcl(path, headers);
      expect(await grantsOf(path)).toBe(grants);
    }
    const made = `bucket-${crypto.randomUUID()}`;
    expect((await signedFetch("PUT", `/${made}`, { headers })).status).toBe(200);
    expect(await grantsOf(made)).toBe(grants);
  },
);

test("logs can be delivered to a bucket, not to an object", async () => {
  const headers = { "x-amz-acl": "log-delivery-write" };
  await setAcl(bucket, headers);
  expect(await grantsOf(bucket)).toBe(
    "LogDelivery WRITE, LogDelivery READ_ACP, owner FULL_CONTROL",
  );
  await expectError(await putAcl(`${bucket}/k`, headers), 400, "InvalidArgument");
});

describe("grant headers", () => {
  const headers = (): Headers => ({
    "x-amz-grant-write-acp": `uri="${LOG_DELIVERY}"`,
    "x-amz-grant-read": `id=${ownerId}, uri=${ALL_USERS}, uri="${AUTHENTICATED_USERS}"`,
  });
  const grants = "AllUsers READ, AuthenticatedUsers READ, LogDelivery WRITE_ACP, owner READ";

  test("grant what they say, and the owner nothing besides", async () => {
    await putObject(bucket, "granted", "body", headers());
    expect(await grantsOf(`${bucket}/granted`)).toBe(grants);
    for (const path of [`${bucket}/k`, bucket]) {
      await setAcl(path, headers());
      expect(await grantsOf(path)).toBe(grants);
    }
    const made = `bucket-${crypto.randomUUID()}`;
    expect((await signedFetch("PUT", `/${made}`, { headers: headers() })).status).toBe(200);
    expect(await grantsOf(made)).toBe(grants);
  });
});

test("an ACL that was read can be put elsewhere, and an empty one leaves the owner in control", async () => {
  await setAcl(bucket, { "x-amz-acl": "public-read" });
  const document = await aclOf(bucket);
  await setAcl(`${bucket}/k`, {}, document);
  expect(await aclOf(`${bucket}/k`)).toBe(document);
  const none = document.replace(/<Grant>.*<\/Grant>/, "");
  for (const path of [`${bucket}/k`, bucket]) {
    await setAcl(path, {}, none);
    expect(await grantsOf(path)).toBe("");
    await setAcl(path, { "x-amz-acl": "private" });
  }
  expect((await signedFetch("GET", `/${bucket}/k`)).status).toBe(200);
});

describe.for([
  { operation: "PutObjectAcl", path: () => `${bucket}/k` },
  { operation: "PutBucketAcl", path: () => bucket },
])("$operation changes nothing", ({ path }) => {
  const asked = vectors.refused.filter(({ error }) => error.Code !== "AccessDenied");
  test.for(asked)("with $name: $error.Code", async ({ error, ...given }) => {
    const before = await aclOf(path());
    // In the vectors, the owner is called so.
    const text = JSON.stringify(given).replaceAll(/(?<=>|id=)owner\b/g, ownerId);
    const said = JSON.parse(text) as {
      headers?: Headers;
      document?: string;
    };
    const answer = await putAcl(path(), said.headers, said.document);
    const { Code, ...fields } = error as Record<string, string>;
    const document = await expectError(answer, 400, Code ?? "");
    for (const [name, value] of Object.entries(fields))
      if (value !== "") expect(elements(document, name)[0]?.replaceAll("&quot;", '"')).toBe(value);
    expect(await aclOf(path())).toBe(before);
  });
});

test.for([
  ["x-amz-acl", "fake", "InvalidArgument"],
  ["x-amz-grant-read", "id=nobody", "InvalidArgument"],
  ["x-amz-grant-read", "emailAddress=nobody@example.com", "UnresolvableGrantByEmailAddress"],
] as const)("nothing is made with %s of %s: %s", async ([name, value, code]) => {
  const headers = { [name]: value };
  const made = `bucket-${crypto.randomUUID()}`;
  await expectError(await signedFetch("PUT", `/${made}`, { headers }), 400, code);
  expect((await signedFetch("HEAD", `/${made}`)).status).toBe(404);
  const upload = { query: { uploads: "" }, headers };
  await expectError(await signedFetch("POST", `/${bucket}/none`, upload), 400, code);
  const copy = { headers: { ...headers, "x-amz-copy-source": `${bucket}/k` } };
  await expectError(await signedFetch("PUT", `/${bucket}/none`, copy), 400, code);
  const put = { headers, body: "body" };
  await expectError(await signedFetch("PUT", `/${bucket}/none`, put), 400, code);
  expect((await signedFetch("HEAD", `/${bucket}/none`)).status).toBe(404);
});

test("PutObjectAcl changes neither the time nor the ETag", async () => {
  const before = await signedFetch("HEAD", `/${bucket}/k`);
  await setAcl(`${bucket}/k`, { "x-amz-acl": "public-read" });
  const after = await signedFetch("HEAD", `/${bucket}/k`);
  for (const name of ["etag", "last-modified"])
    expect(after.headers.get(name)).toBe(before.headers.get(name));
});

test("a version has an ACL of its own, which goes where it goes", async () => {
  const versioned = await versionedBucket();
  const key = `${versioned}/k`;
  const first = (await put(versioned, "k", "1")) ?? "";
  await setAcl(key, { "x-amz-acl": "public-read" });
  const PUBLIC = "AllUsers READ, owner FULL_CONTROL";
  const PRIVATE = "owner FULL_CONTROL";
  const second = (await put(versioned, "k", "2")) ?? "";
  expect(await grantsOf(key)).toBe(PRIVATE);
  expect(await grantsOf(key, first)).toBe(PUBLIC);
  const answer = await signedFetch("PUT", `/${key}`, {
    query: { ...query, versionId: first },
    headers: { "x-amz-acl": "authenticated-read" },
  });
  expect(answer.headers.get("x-amz-version-id")).toBe(first);
  expect(await grantsOf(key)).toBe(PRIVATE);
  await signedFetch("DELETE", `/${key}`, { query: { versionId: second } });
  expect(await grantsOf(key)).toBe("AuthenticatedUsers READ, owner FULL_CONTROL");

  await setVersioning(versioned, "Suspended");
  await setAcl(key, { "x-amz-acl": "public-read" });
  await putObject(versioned, "k", "3", { "x-amz-acl": "public-read-write" });
  expect(await grantsOf(key, first)).toBe(PUBLIC);
  expect(await grantsOf(key, "null")).toBe("AllUsers READ, AllUsers WRITE, owner FULL_CONTROL");
  await signedFetch("DELETE", `/${key}`);
  await expectError(await signedFetch("GET", `/${key}`, { query }), 404, "NoSuchKey");
  await expectError(await putAcl(key, { "x-amz-acl": "private" }), 405, "MethodNotAllowed");
});

test("a missing key has no ACL", async () => {
  await expectError(await signedFetch("GET", `/${bucket}/none`, { query }), 404, "NoSuchKey");
  await expectError(await putAcl(`${bucket}/none`, { "x-amz-acl": "private" }), 404, "NoSuchKey");
});

test("an upload says the ACL when it begins, a copy has none of its source's, a rename keeps it", async () => {
  const headers = { "x-amz-acl": "public-read" };
  const PUBLIC = "AllUsers READ, owner FULL_CONTROL";
  const uploadId = await createUpload(bucket, "parts", headers);
  await completed(bucket, "parts", uploadId, [await putPart(bucket, "parts", uploadId, 1, "part")]);
  expect(await grantsOf(`${bucket}/parts`)).toBe(PUBLIC);

  await copied(`${bucket}/parts`, `${bucket}/copy`);
  expect(await grantsOf(`${bucket}/copy`)).toBe("owner FULL_CONTROL");
  await copied(`${bucket}/k`, `${bucket}/copy`, headers);
  expect(await grantsOf(`${bucket}/copy`)).toBe(PUBLIC);

  for (const key of ["renamed-1", "renamed-2", "renamed-3"]) {
    const from = elements(await (await signedFetch("GET", `/${bucket}`)).text(), "Key").find(
      (name) => name === "copy" || name.startsWith("renamed"),
    );
    const renamed = await signedFetch("PUT", `/${bucket}/${key}`, {
      query: { renameObject: "" },
      headers: { "x-amz-rename-source": from ?? "" },
    });
    expect(renamed.status).toBe(200);
    expect(await grantsOf(`${bucket}/${key}`)).toBe(PUBLIC);
  }
});

test("an append keeps the ACL that the object has", async () => {
  await putObject(bucket, "longer", "1", { "x-amz-acl": "public-read" });
  await putObject(bucket, "longer", "2", { "x-amz-write-offset-bytes": "1" });
  expect(await grantsOf(`${bucket}/longer`)).toBe("AllUsers READ, owner FULL_CONTROL");
});

test("a bucket of one's own that is made once more with another ACL is there already", async () => {
  const made = `bucket-${crypto.randomUUID()}`;
  const make = (headers: Headers = {}) => signedFetch("PUT", `/${made}`, { headers });
  expect((await make()).status).toBe(200);
  await expectError(await make({ "x-amz-acl": "public-read" }), 409, "BucketAlreadyExists");
  expect((await make({ "x-amz-acl": "private" })).status).toBe(200);
  expect(await grantsOf(made)).toBe("owner FULL_CONTROL");
});

test("fifteen who put the ACL of one bucket at once are all answered with success", async () => {
  const made = await uniqueBucket();
  const answers = await Promise.all(
    Array.from({ length: 15 }, () => putAcl(made, { "x-amz-acl": "public-read" })),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
});
