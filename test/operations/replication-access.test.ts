import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { fetchAs, type Keys, newAccount } from "../support/accounts.ts";
import { aclOf } from "../support/acl.ts";
import { elements, putObject, signedFetch } from "../support/client.ts";
import { customerKey } from "../support/customer-key.ts";
import { newIamAccount } from "../support/query-api.ts";
import {
  becomes,
  putReplication,
  replicate,
  ROLE,
  ruleTo,
  statusOf,
  versionsOf,
} from "../support/replication.ts";
import { newUserOf, policyText } from "../support/users.ts";
import { put, versionedBucket } from "../support/versions.ts";

const ENABLED =
  '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>';
const BLOB = "b".repeat(20_000);

let made = 0;

/** A bucket with versions of another account. */
async function bucketOf(keys: Keys, name?: string): Promise<string> {
  made += 1;
  const bucket = name ?? `others-${made}-${crypto.randomUUID().slice(0, 8)}`;
  expect((await fetchAs(keys, "PUT", `/${bucket}`)).status).toBe(200);
  expect((await fetchAs(keys, "PUT", `/${bucket}?versioning`, { body: ENABLED })).status).toBe(200);
  return bucket;
}

function allowing(bucket: string, actions: readonly string[], principal = ROLE): string {
  return policyText({
    Effect: "Allow",
    Principal: { AWS: principal },
    Action: actions.map((action) => `s3:${action}`),
    Resource: `arn:aws:s3:::${bucket}/*`,
  });
}

describe("another account's bucket", () => {
  test("takes what its policy lets the role replicate", async () => {
    const { keys, id } = await newAccount();
    const [from, to] = [await versionedBucket(), await bucketOf(keys)];
    const account = `<Account>${id}</Account>`;
    await replicate(from, ruleTo(to, { destination: account }));
    await put(from, "refused", "x");
    await becomes("FAILED", from, "refused");
    const body = allowing(to, ["ReplicateObject", "ReplicateTags"]);
    expect((await fetchAs(keys, "PUT", `/${to}?policy`, { body })).status).toBe(204);
    await putObject(from, "taken", BLOB, { "x-amz-tagging": "k=v" });
    await becomes("COMPLETED", from, "taken");
    // It is the source's owner's, who has said nothing of others.
    expect((await fetchAs(keys, "GET", `/${to}/taken`)).status).toBe(403);
    await signedFetch("DELETE", `/${from}/taken`);
    await put(from, "last", "");
    await becomes("COMPLETED", from, "last");
    const listed = await fetchAs(keys, "GET", `/${to}?versions`);
    expect(elements(await listed.text(), "Key")).toEqual(["last", "taken"]);
  });

  test("has its owner's replicas, if the rule and the policy say so", async () => {
    const { keys, id } = await newAccount();
    const [from, to] = [await versionedBucket(), await bucketOf(keys)];
    const destination = `<Account>${id}</Account><AccessControlTranslation><Owner>Destination</Owner></AccessControlTranslation>`;
    await replicate(from, ruleTo(to, { destination }));
    const actions = ["ReplicateObject", "ObjectOwnerOverrideToBucketOwner"];
    await fetchAs(keys, "PUT", `/${to}?policy`, { body: allowing(to, actions) });
    await put(from, "k", BLOB);
    await becomes("COMPLETED", from, "k");
    expect(await (await fetchAs(keys, "GET", `/${to}/k`)).text()).toBe(BLOB);
  });

  test("does not take it from a role of another account, whatever the rules call it", async () => {
    const { keys, id } = await newAccount();
    const [from, to] = [await versionedBucket(), await bucketOf(keys)];
    const role = `arn:aws:iam::${id}:role/trusted`;
    const body = allowing(to, ["*"], role);
    expect((await fetchAs(keys, "PUT", `/${to}?policy`, { body })).status).toBe(204);
    expect((await putReplication(from, ruleTo(to), role)).status).toBe(200);
    await put(from, "k", "x");
    await becomes("FAILED", from, "k");
  });

  test.for([
    { trick: "an id of a role's for its name", name: "AROAABCDEFGHIJKLMNOPQ" },
    { trick: "its account behind another's", name: "trusted" },
  ])("does not take it from a role that has $trick", async ({ name }) => {
    const { keys, id } = await newAccount();
    const [from, to] = [await versionedBucket(), await bucketOf(keys)];
    const isOwn = name !== "trusted";
    const role = isOwn
      ? `arn:aws:iam::${env.ACCOUNT_ID}:role/${name}`
      : `arn:aws:iam::${id}:role/${name}::${env.ACCOUNT_ID}:x`;
    const body = policyText({
      Effect: "Allow",
      ...(isOwn
        ? { Principal: { AWS: name } }
        : {
            Principal: "*",
            Condition: { ArnLike: { "aws:PrincipalArn": `arn:aws:iam::${id}:role/${name}*` } },
          }),
      Action: "s3:*",
      Resource: `arn:aws:s3:::${to}/*`,
    });
    expect((await fetchAs(keys, "PUT", `/${to}?policy`, { body })).status).toBe(204);
    expect((await putReplication(from, ruleTo(to), role)).status).toBe(200);
    await put(from, "k", "x");
    await becomes("FAILED", from, "k");
  });

  test("that is made under a destination's name gets nothing, though it is open to all", async () => {
    const [from, to] = [await versionedBucket(), await versionedBucket()];
    await replicate(from, ruleTo(to));
    await signedFetch("DELETE", `/${to}`);
    const { keys } = await newAccount();
    await bucketOf(keys, to);
    const body = allowing(to, ["*"], `arn:aws:iam::${env.ACCOUNT_ID}:root`);
    expect((await fetchAs(keys, "PUT", `/${to}?policy`, { body })).status).toBe(204);
    await put(from, "k", "x");
    await becomes("FAILED", from, "k");
  });
});

test("a user needs to be allowed to give the role away, and to put the rules", async () => {
  const account = await newIamAccount();
  const [from, to] = [await bucketOf(account.keys), await bucketOf(account.keys)];
  const role = `arn:aws:iam::${account.id}:role/replication`;
  const body = `<ReplicationConfiguration><Role>${role}</Role>${ruleTo(to)}</ReplicationConfiguration>`;
  const put = { Effect: "Allow", Action: "s3:PutReplicationConfiguration", Resource: "*" };
  const pass = { Effect: "Allow", Action: "iam:PassRole", Resource: role };
  const putAs = async (...statements: readonly object[]) => {
    const user = await newUserOf(account, policyText(...statements));
    const put = await fetchAs(user.keys, "PUT", `/${from}?replication`, { body });
    const resync = await fetchAs(user.keys, "POST", `/_ledge/buckets/${from}/replication/resync`);
    return [put.status, resync.status];
  };
  expect(await putAs(put)).toEqual([403, 200]);
  expect(await putAs(pass)).toEqual([403, 403]);
  expect(await putAs(put, pass)).toEqual([200, 200]);
});

test("a policy that denies it keeps replicas out of a bucket of the same account", async () => {
  const [from, to] = [await versionedBucket(), await versionedBucket()];
  await replicate(from, ruleTo(to));
  const body = policyText({
    Effect: "Deny",
    Principal: "*",
    Action: "s3:ReplicateObject",
    Resource: `arn:aws:s3:::${to}/*`,
  });
  await signedFetch("PUT", `/${to}`, { query: { policy: "" }, body });
  await put(from, "k", "x");
  await becomes("FAILED", from, "k");
  expect(await versionsOf(to)).toEqual([]);
});

describe("what is encrypted", () => {
  const SSE = "x-amz-server-side-encryption";

  test("with a customer's key is opened with it there, too", async () => {
    const [from, to] = [await versionedBucket(), await versionedBucket()];
    await replicate(from, ruleTo(to));
    const { headers } = customerKey();
    for (const [key, body] of [
      ["inline", "secret"],
      ["blob", BLOB],
    ] as const) {
      await putObject(from, key, body, headers);
      await expect
        .poll(async () => (await signedFetch("GET", `/${to}/${key}`, { headers })).text(), {
          timeout: 10_000,
        })
        .toBe(body);
      expect((await signedFetch("GET", `/${to}/${key}`)).status).toBe(400);
    }
  });

  test("with a KMS key goes only if the rule says so, under the key of the rule", async () => {
    const [from, to] = [await versionedBucket(), await versionedBucket()];
    const kms = { [SSE]: "aws:kms" };
    await replicate(from, ruleTo(to));
    await putObject(from, "left", BLOB, kms);
    expect(await statusOf(from, "left")).toBeNull();
    const keyed =
      "<EncryptionConfiguration><ReplicaKmsKeyID>alias/aws/s3</ReplicaKmsKeyID></EncryptionConfiguration>";
    const selected =
      "<SourceSelectionCriteria><SseKmsEncryptedObjects><Status>Enabled</Status></SseKmsEncryptedObjects></SourceSelectionCriteria>";
    await replicate(from, ruleTo(to, { destination: keyed, also: selected }));
    await putObject(from, "taken", BLOB, kms);
    await becomes("COMPLETED", from, "taken");
    const response = await signedFetch("GET", `/${to}/taken`);
    expect(response.headers.get(SSE)).toBe("aws:kms");
    expect(await response.text()).toBe(BLOB);
  });

  test("by the account's own key, or the destination's default, is so there", async () => {
    const [from, to] = [await versionedBucket(), await versionedBucket()];
    await replicate(from, ruleTo(to));
    await putObject(from, "own", BLOB, { [SSE]: "AES256" });
    await becomes("COMPLETED", from, "own");
    const own = await signedFetch("GET", `/${to}/own`);
    expect([own.headers.get(SSE), await own.text()]).toEqual(["AES256", BLOB]);
    const rule =
      "<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>";
    const body = `<ServerSideEncryptionConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${rule}</ServerSideEncryptionConfiguration>`;
    await signedFetch("PUT", `/${to}`, { query: { encryption: "" }, body });
    await putObject(from, "plain", BLOB);
    await becomes("COMPLETED", from, "plain");
    const plain = await signedFetch("GET", `/${to}/plain`);
    expect([plain.headers.get(SSE), await plain.text()]).toEqual(["aws:kms", BLOB]);
  });
});

test("a public ACL does not come where public ones are blocked", async () => {
  const [from, to] = [await versionedBucket(), await versionedBucket()];
  await replicate(from, ruleTo(to));
  await putObject(from, "public", "x", { "x-amz-acl": "public-read" });
  await becomes("COMPLETED", from, "public");
  expect(elements(await aclOf(`${to}/public`), "URI")).toHaveLength(1);
  const body =
    '<PublicAccessBlockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>';
  await signedFetch("PUT", `/${to}`, { query: { publicAccessBlock: "" }, body });
  await putObject(from, "public", "y", { "x-amz-acl": "public-read" });
  await becomes("FAILED", from, "public");
});
