import { createHash } from "node:crypto";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { SignedRequests } from "../../cli/maintenance/signed-requests.ts";
import { type Ledge, startLedge } from "../../cli/testing.ts";

const BUCKETS = ["first", "second"] as const;

let ledge: Ledge;
let requests: SignedRequests;
beforeAll(async () => {
  ledge = await startLedge({ args: ["--fsync", "false"] });
  const { endpoint: url, region, credentials } = ledge;
  requests = new SignedRequests({ url, region, ...credentials });
  for (const bucket of BUCKETS) {
    await requests.done("PUT", `/${bucket}`);
    await configure(bucket, "versioning", "<Status>Enabled</Status>", "VersioningConfiguration");
  }
  await goTo("first", "second");
  await goTo("second", "first");
});
afterAll(async () => {
  requests.close();
  await ledge.stop();
});

async function configure(
  bucket: string,
  what: string,
  content: string,
  root: string,
): Promise<void> {
  const body = Buffer.from(`<${root}>${content}</${root}>`);
  const headers = { "content-md5": createHash("md5").update(body).digest("base64") };
  await requests.done("PUT", `/${bucket}`, { query: { [what]: "" }, headers, body });
}

/** As to a server that is no Ledge, which is what a target is unless somebody says otherwise. */
async function goTo(from: string, bucket: string): Promise<void> {
  const target = { endpoint: ledge.endpoint, bucket, ...ledge.credentials };
  const body = Buffer.from(JSON.stringify(target));
  const path = `/_ledge/replication-targets/to-${bucket}`;
  const { arn } = await requests.json<{ arn: string }>("PUT", path, { body });
  const content = `<Role>arn:aws:iam::000000000000:role/r</Role><Rule><Priority>1</Priority><Status>Enabled</Status><Filter/>
    <Destination><Bucket>${arn}</Bucket></Destination>
    <DeleteMarkerReplication><Status>Enabled</Status></DeleteMarkerReplication></Rule>`;
  await configure(from, "replication", content, "ReplicationConfiguration");
}

async function versionsOf(bucket: string, prefix: string) {
  const query = { versions: "", prefix };
  const document = await text(await requests.send("GET", `/${bucket}`, { query }));
  const idsOf = (element: string): string[] =>
    [...document.matchAll(new RegExp(`<${element}>.*?<VersionId>(.*?)</VersionId>`, "gs"))].map(
      ([, id = ""]) => id,
    );
  return { versions: idsOf("Version"), markers: idsOf("DeleteMarker") };
}

/** Nothing of the key is on its way, in either of them. */
async function settled(key: string): Promise<number> {
  let count = 0;
  for (const bucket of BUCKETS) {
    const { versions } = await versionsOf(bucket, key);
    expect(versions.length).toBeGreaterThan(0);
    for (const versionId of versions) {
      const query = { versionId };
      const { headers } = await requests.done("HEAD", `/${bucket}/${key}`, { query });
      expect(headers["x-amz-replication-status"]).toBe("COMPLETED");
    }
    count += versions.length;
  }
  return count;
}

test("two buckets that are each other's target do not send what they get round for ever", async () => {
  await requests.done("DELETE", "/second/deleted");
  await requests.done("PUT", "/first/k", { body: Buffer.from("body") });
  const count = await vi.waitFor(() => settled("k"), { timeout: 10_000, interval: 20 });
  // It has come back once, and was known.
  expect(count).toBeLessThanOrEqual(3);
  for (const bucket of BUCKETS)
    expect((await versionsOf(bucket, "deleted")).markers).toHaveLength(1);
});
