import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { newVersionId } from "../../src/protocol/version-id.ts";
import { fetchAs } from "../support/accounts.ts";
import {
  elements,
  expectError,
  putObject,
  rawFetch,
  signedFetch,
  signRequest,
  uniqueBucket,
} from "../support/client.ts";
import { completed, createUpload, putPart } from "../support/multipart.ts";
import { newIamAccount, newName } from "../support/query-api.ts";
import { statusOf, versionsOf } from "../support/replication.ts";
import { newUserOf, policyText } from "../support/users.ts";
import { put, remove, versionedBucket } from "../support/versions.ts";

const ENABLED =
  '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>';

const ID = "0".repeat(32);

/** What another Ledge says of a version. */
function replica(id: string): Record<string, string> {
  return { "x-ledge-replica": `${id};01m8cx7k7e24ggmbzz6f5yp3yn` };
}

/** Ids of versions in a shard that is far ahead, in their order. */
function idsOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => newVersionId(1_000_000 + i));
}

test("another Ledge's versions keep their ids, and come once", async () => {
  const bucket = await versionedBucket();
  const [first = "", second = "", marker = ""] = idsOf(3);
  await putObject(bucket, "k", "first", replica(first));
  await putObject(bucket, "k", "second", replica(second));
  const again = await signedFetch("PUT", `/${bucket}/k`, {
    headers: replica(first),
    body: "again",
  });
  await expectError(again, 412, "PreconditionFailed");
  const marked = await signedFetch("DELETE", `/${bucket}/k`, { headers: replica(marker) });
  expect([marked.status, marked.headers.get("x-amz-version-id")]).toEqual([204, marker]);
  await expectError(
    await signedFetch("DELETE", `/${bucket}/k`, { headers: replica(marker) }),
    412,
    "PreconditionFailed",
  );
  const ids = (await versionsOf(bucket)).map((line) => line.split(" ")[2]);
  expect(ids).toEqual([marker, second, first]);
  expect(await statusOf(bucket, "k", first)).toBe("REPLICA");
  const read = await signedFetch("GET", `/${bucket}/k`, { query: { versionId: first } });
  expect(await read.text()).toBe("first");
  // One page after the other, also behind a version that is gone by then.
  const query = { versions: "", "key-marker": "k", "version-id-marker": second };
  await remove(bucket, "k", second);
  const rest = await signedFetch("GET", `/${bucket}`, { query });
  expect(elements(await rest.text(), "VersionId")).toContain(first);
  await put(bucket, "k", "own");
  await remove(bucket, "k", first);
  expect(await versionsOf(bucket)).toHaveLength(2);
});

test("another Ledge's version in parts keeps its id", async () => {
  const bucket = await versionedBucket();
  const [id = ""] = idsOf(1);
  for (const isFirst of [true, false]) {
    const uploadId = await createUpload(bucket, "k", replica(id));
    const part = await putPart(bucket, "k", uploadId, 1, "part");
    if (isFirst) await completed(bucket, "k", uploadId, [part]);
    else await expect(completed(bucket, "k", uploadId, [part])).rejects.toThrow("412");
  }
  expect((await versionsOf(bucket)).map((line) => line.split(" ")[2])).toEqual([id]);
  expect(await statusOf(bucket, "k", id)).toBe("REPLICA");
});

test("a replica with the id that an upload here was promised does not make two versions of one id", async () => {
  const bucket = await versionedBucket();
  const begun = await signedFetch("POST", `/${bucket}/k`, { query: { uploads: "" } });
  const promised = begun.headers.get("x-amz-version-id") ?? "";
  const [uploadId = ""] = elements(await begun.text(), "UploadId");
  const part = await putPart(bucket, "k", uploadId, 1, "part");
  await putObject(bucket, "k", "replica", replica(promised));
  await completed(bucket, "k", uploadId, [part]);
  const ids = (await versionsOf(bucket)).map((line) => line.split(" ")[2]);
  expect(new Set(ids).size).toBe(2);
  expect(ids[1]).toBe(promised);
});

test("another Ledge's late versions go behind the newer ones that it tells of", async () => {
  const bucket = await versionedBucket();
  const [first = "", second = "", third = "", absent = ""] = idsOf(4);
  const late = (id: string, ...newer: readonly string[]) => ({
    "x-ledge-replica": `${replica(id)["x-ledge-replica"]};${newer.join(",")}`,
  });
  await putObject(bucket, "k", "third", replica(third));
  await putObject(bucket, "k", "second", late(second, third, absent));
  const uploadId = await createUpload(bucket, "k", replica(first));
  const part = await putPart(bucket, "k", uploadId, 1, "first");
  const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.etag}</ETag></Part></CompleteMultipartUpload>`;
  const headers = late(first, second, third);
  const ended = await signedFetch("POST", `/${bucket}/k`, { query: { uploadId }, headers, body });
  expect(ended.status).toBe(200);
  const ids = (await versionsOf(bucket)).map((line) => line.split(" ")[2]);
  expect(ids).toEqual([third, second, first]);
  expect(await (await signedFetch("GET", `/${bucket}/k`)).text()).toBe("third");
});

test.for([
  "",
  "nonsense",
  "nonsense;id",
  `${ID};a;b`,
  `${ID};a;${ID},`,
  `${ID};a;${ID};${ID}`,
  `${ID};../x`,
])("a replica is not taken that says of itself '%s'", async (value) => {
  const bucket = await versionedBucket();
  const headers = { "x-ledge-replica": value };
  const answer = await signedFetch("PUT", `/${bucket}/k`, { headers, body: "x" });
  await expectError(answer, 400, "InvalidRequest");
  expect(await versionsOf(bucket)).toEqual([]);
});

test("a replica is not taken from whoever has not signed that it is one, or where there are no versions", async () => {
  const bucket = await versionedBucket();
  const [id = ""] = idsOf(1);
  const request = await signRequest("PUT", `/${bucket}/k`, { body: "x" });
  request.headers.set("x-ledge-replica", replica(id)["x-ledge-replica"] ?? "");
  await expectError(await exports.default.fetch(request), 400, "InvalidRequest");
  const anonymous = await rawFetch(`http://127.0.0.1:8787/${bucket}/k`, {
    method: "PUT",
    headers: replica(id),
    body: "x",
  });
  expect(anonymous.status).toBe(403);
  const plain = await uniqueBucket();
  const refused = await signedFetch("PUT", `/${plain}/k`, { headers: replica(id), body: "x" });
  await expectError(refused, 409, "InvalidBucketState");
});

test("who may only put objects does not put versions in another order as an upload ends", async () => {
  const account = await newIamAccount();
  const bucket = newName("bucket");
  await fetchAs(account.keys, "PUT", `/${bucket}`);
  const allowed = policyText({ Effect: "Allow", Action: "s3:PutObject", Resource: "*" });
  const { keys } = await newUserOf(account, allowed);
  const [id = ""] = idsOf(1);
  const path = `/${bucket}/k?uploadId=unknown`;
  const body = "<CompleteMultipartUpload/>";
  const statusWith = async (headers: Record<string, string>) =>
    (await fetchAs(keys, "POST", path, { headers, body })).status;
  expect([await statusWith({}), await statusWith(replica(id))]).toEqual([404, 403]);
});

test("who may put objects, and not replicate them, puts no replica", async () => {
  const account = await newIamAccount();
  const bucket = newName("bucket");
  await fetchAs(account.keys, "PUT", `/${bucket}`);
  await fetchAs(account.keys, "PUT", `/${bucket}?versioning`, { body: ENABLED });
  const [first = "", second = ""] = idsOf(2);
  const allow = (...Action: readonly string[]) =>
    policyText({ Effect: "Allow", Action, Resource: "*" });
  const statusesOf = async (document: string) => {
    const { keys } = await newUserOf(account, document);
    const put = { headers: replica(first), body: "x" };
    const made = await fetchAs(keys, "PUT", `/${bucket}/k`, put);
    const marked = await fetchAs(keys, "DELETE", `/${bucket}/k`, { headers: replica(second) });
    return [made.status, marked.status];
  };
  const own = ["s3:PutObject", "s3:DeleteObject"];
  expect(await statusesOf(allow(...own))).toEqual([403, 403]);
  expect(await statusesOf(allow(...own, "s3:ReplicateObject", "s3:ReplicateDelete"))).toEqual([
    200, 204,
  ]);
});
