import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { ownerOf } from "../../../src/domain/bucket-owner.ts";
import { accountDirectoryClient } from "../../../src/storage/clients/account-directory-client.ts";
import { bucketDirectoryClient } from "../../../src/storage/clients/bucket-directory-client.ts";
import { freshRecord, recordOf } from "../../support/bucket-record.ts";

const DEPLOYMENT = { id: "000000000000", canonicalId: "owner", displayName: "root" };
const OTHER = { id: "999911111111", canonicalId: "bucket-owner-test", displayName: "Other" };

const directory = bucketDirectoryClient(env.DIRECTORY);
const accounts = accountDirectoryClient(env.DIRECTORY);

test("a bucket that another account made is that account's, as it was called then", async () => {
  const { canonicalId: ownerId, ...owner } = OTHER;
  const name = `b-${crypto.randomUUID()}`;
  const record = { ...freshRecord(crypto.randomUUID(), name), ownerId, owner };
  expect(await directory.create(record, [])).toBeUndefined();
  await accounts.putAccount({ ...OTHER, email: undefined, keys: [] });
  expect(await directory.create(record, [])).toMatchObject({ isNew: true });
  expect(ownerOf(await recordOf(name), DEPLOYMENT)).toEqual(OTHER);
  expect(await accounts.deleteAccount(OTHER.id)).toBe("owns buckets");
});

test("a bucket whose owner has no more than a canonical id is the deployment's", async () => {
  const name = `b-${crypto.randomUUID()}`;
  await directory.create(freshRecord(crypto.randomUUID(), name), []);
  expect(ownerOf(await recordOf(name), DEPLOYMENT)).toEqual(DEPLOYMENT);
  const strange = { id: "", canonicalId: "owner", displayName: "" };
  expect(ownerOf(await recordOf(name), OTHER)).toEqual(strange);
});
