import { expect, test } from "vitest";
import { fetchAs } from "../support/accounts.ts";
import { expectError, signedFetch } from "../support/client.ts";
import { expectOk } from "../support/documents.ts";
import { newHome, newUserOf, policyText, statusOf } from "../support/users.ts";

const HEADERS = { "x-ledge-restore": "token" };
const KEYS = { keys: [], materials: [], aliases: [] };
const ALL = { Effect: "Allow", Action: "s3:*", Resource: "*" };

const send = (bucket: string, step: string, document: object): Promise<Response> =>
  signedFetch("POST", `/_ledge/buckets/${bucket}/restore${step}`, {
    body: JSON.stringify(document),
    headers: HEADERS,
  });

/** A bucket of the account, with one object of a backup. */
async function beginRestore(bucket: string, like: string): Promise<void> {
  const exported = await (await signedFetch("GET", `/_ledge/buckets/${like}/backup`)).json();
  const plan = { token: "token", exported, keys: KEYS, highestSequence: 100 };
  await expectOk(send(bucket, "", plan), 204);
  const columns = {
    ...{ key: "k", sequence: 1, size_bytes: 1, modified_ms: 1, etag: "e" },
    ...{ storage_class: "STANDARD", headers: "{}", is_marker: 0, version_id: null },
  };
  const versions = [{ table: "object", columns, body: "QQ==" }];
  await expectOk(send(bucket, "/rows", { from: "f", versions }), 200);
}

test("whoever the bucket's policy denies is not let in while the bucket is restored without it", async () => {
  const { account, bucket: like } = await newHome();
  const user = await newUserOf(account, policyText(ALL));
  const bucket = `${like}-restored`;
  await beginRestore(bucket, like);
  expect(await statusOf(user.keys, "GET", `/${bucket}/k`)).toBe(403);
  expect(await statusOf(user.keys, "DELETE", `/${bucket}/k`)).toBe(403);
  expect(await statusOf(account.keys, "PUT", `/${bucket}/k`, "new")).toBe(403);
  expect((await signedFetch("GET", `/${bucket}?versions`)).status).toBe(403);

  const deny = { ...ALL, Effect: "Deny", Principal: "*", Action: "s3:DeleteObject" };
  const text = policyText({ ...deny, Resource: `arn:aws:s3:::${bucket}/*` });
  const body = JSON.stringify({ text, bindsOwner: false });
  const documents = [{ kind: "policy", id: "", part: "gateway", body }];
  await expectOk(send(bucket, "/finish", { documents, flags: {} }), 204);
  expect(await statusOf(user.keys, "DELETE", `/${bucket}/k`)).toBe(403);
  expect(await statusOf(user.keys, "GET", `/${bucket}/k`)).toBe(200);
});

test("a bucket that had no policy has none once it is restored", async () => {
  const { account, bucket: like } = await newHome();
  const bucket = `${like}-restored`;
  await beginRestore(bucket, like);
  await expectOk(send(bucket, "/finish", { documents: [], flags: {} }), 204);
  expect(await statusOf(account.keys, "GET", `/${bucket}/k`)).toBe(200);
  const policy = await fetchAs(account.keys, "GET", `/${bucket}?policy`);
  await expectError(policy, 404, "NoSuchBucketPolicy");
});

test("half of a bucket is not backed up as the whole", async () => {
  const { bucket: like } = await newHome();
  const bucket = `${like}-restored`;
  await beginRestore(bucket, like);
  const path = `/_ledge/buckets/${bucket}/backup`;
  await expectError(await signedFetch("GET", path), 409, "OperationAborted");
  await expectOk(send(bucket, "/finish", { documents: [], flags: {} }), 204);
  expect((await signedFetch("GET", path)).status).toBe(200);
});
