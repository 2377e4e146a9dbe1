import { expect, test } from "vitest";
import { writeInventoryFile } from "../../../../src/domain/engines/write-inventory.ts";
import type { Ports } from "../../../../src/domain/ports.ts";
import type { InventoryDocument } from "../../../../src/protocol/inventory/inventory-configuration.ts";
import { freshRecord } from "../../../support/bucket-record.ts";

const DOCUMENT = {
  Id: "daily",
  Filter: { Prefix: "none-has-it/" },
  IncludedObjectVersions: "All",
  Destination: { S3BucketDestination: { Bucket: "arn:aws:s3:::target", Format: "CSV" } },
  source: { bucket: "source", accountId: "000000000000", ownerId: "owner" },
} as unknown as InventoryDocument;

const RUN = { bucketId: "now", document: DOCUMENT, startedMs: 0 };

/** Of a bucket that has another one's name, whose shard has no end of rows that the report is not about. */
function portsOf(): { readonly ports: Ports; readonly pages: () => number } {
  let pages = 0;
  const settings = { account: { id: "", canonicalId: "", displayName: "" } };
  const buckets = {
    find: async () => freshRecord("before", "source"),
    refresh: async () => freshRecord("now", "source"),
  };
  const inspect = async () => {
    pages += 1;
    return { entries: [], next: `page ${pages}` };
  };
  const ports = { settings, buckets, inspection: { inspect } } as unknown as Ports;
  return { ports, pages: () => pages };
}

test("a report of few of many rows goes on in another call before Cloudflare's limit of calls", async () => {
  const { ports, pages } = portsOf();
  const step = await writeInventoryFile(ports, RUN, { shard: 0, after: "" });
  expect(step).toEqual({ kind: "done", next: { shard: 0, after: `page ${pages()}` } });
  expect(pages()).toBeLessThan(1000);
});

test("a report is not given up because its bucket's name was another's before", async () => {
  const { ports } = portsOf();
  const cursor = { shard: 0, after: "" };
  expect((await writeInventoryFile(ports, RUN, cursor)).kind).toBe("done");
  expect((await writeInventoryFile(ports, { ...RUN, bucketId: "before" }, cursor)).kind).toBe(
    "refused",
  );
});
