import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { bucketDirectoryClient } from "../../src/storage/clients/bucket-directory-client.ts";
import { bucketLookup } from "../../src/storage/clients/bucket-lookup.ts";
import { setAcl } from "../support/acl.ts";
import { uniqueBucket } from "../support/client.ts";

test("a record that the Directory tells again is the same object until it changes", async () => {
  const name = await uniqueBucket();
  const directory = bucketDirectoryClient(env.DIRECTORY);
  const lookup = bucketLookup({ DIRECTORY: env.DIRECTORY }, directory, () => undefined);
  const first = await lookup.refresh(name);
  expect(first?.name).toBe(name);
  expect(await lookup.refresh(name)).toBe(first);
  if (first !== undefined) expect(await lookup.current(first)).toBe(first);
  await setAcl(name, { "x-amz-acl": "public-read" });
  const second = await lookup.refresh(name);
  expect(second).not.toBe(first);
  expect(second?.gateway.documents["acl"]).toBeDefined();
  expect(await lookup.refresh(name)).toBe(second);
});
