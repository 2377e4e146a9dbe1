import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { ownerOf } from "../../../src/domain/bucket-owner.ts";
import { bucketDirectoryClient } from "../../../src/storage/clients/bucket-directory-client.ts";
import { freshRecord, recordOf } from "../../support/bucket-record.ts";
import { uniqueBucket } from "../../support/client.ts";

const DEPLOYMENT = { id: "000000000000", canonicalId: "owner", displayName: "root" };
const OTHER = { id: "111111111111", canonicalId: "other", displayName: "Other" };

test("the Directory's record of a bucket tells which account made it", async () => {
  const { owner } = await recordOf(await uniqueBucket());
  expect(owner).toEqual({ id: env.ACCOUNT_ID, displayName: "root" });
});

test("a bucket that another account made is that account's", async () => {
  const { canonicalId: ownerId, ...owner } = OTHER;
  const name = `b-${crypto.randomUUID()}`;
  const record = { ...freshRecord(crypto.randomUUID(), name), ownerId, owner };
  await bucketDirectoryClient(env.DIRECTORY).create(record, []);
  expect(ownerOf(await recordOf(name), DEPLOYMENT)).toEqual(OTHER);
});

test("a bucket of before there were other accounts is the deployment's", async () => {
  const name = `b-${crypto.randomUUID()}`;
  await bucketDirectoryClient(env.DIRECTORY).create(freshRecord(crypto.randomUUID(), name), []);
  expect(ownerOf(await recordOf(name), DEPLOYMENT)).toEqual(DEPLOYMENT);
  const strange = { id: "", canonicalId: "owner", displayName: "" };
  expect(ownerOf(await recordOf(name), OTHER)).toEqual(strange);
});
