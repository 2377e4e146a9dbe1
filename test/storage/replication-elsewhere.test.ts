import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { putObject } from "../support/client.ts";
import { customerKey } from "../support/customer-key.ts";
import { EventReceiver, notify, ONE, queueOf } from "../support/event-receiver.ts";
import { advanceClock } from "../support/faults.ts";
import { OtherServer } from "../support/other-server.ts";
import { replicate, ruleTo, statusOf } from "../support/replication.ts";
import { runReplication, waiting } from "../support/replication-world.ts";
import { startClock } from "../support/shards.ts";
import { putVersion, versionedBucket } from "../support/versions.ts";

const METRICS = "<Metrics><Status>Enabled</Status></Metrics>";
const ORIGIN = "x-amz-meta-ledge-origin";

const receiver = new EventReceiver();
const server = new OtherServer();
beforeAll(() => {
  receiver.listen();
  server.listen();
  startClock();
});
afterAll(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** A bucket whose versions go to the other server. */
async function replicated(): Promise<string> {
  const from = await versionedBucket();
  await replicate(from, ruleTo("elsewhere", { destination: METRICS }));
  await notify(from, queueOf(ONE, ["s3:Replication:*"]));
  return from;
}

async function settle(bucket: string): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    advanceClock(3000);
    await runReplication([bucket]);
  }
}

test("what another server sends back goes no more, and what it sends of its own does", async () => {
  const from = await replicated();
  const id = await putVersion(from, "loop", "body", { "x-amz-meta-a": "b" });
  await settle(from);
  const sent = server.objects.get("/elsewhere/loop");
  const origin = sent?.headers.get(ORIGIN) ?? "";
  expect([sent?.body, sent?.headers.get("x-amz-meta-a")]).toEqual(["body", "b"]);
  expect(origin).toMatch(new RegExp(`^[0-9a-z]+/${id}$`));

  const before = server.requests.length;
  const back = await putVersion(from, "loop", "body", { "x-amz-meta-a": "b", [ORIGIN]: origin });
  await settle(from);
  expect(server.requests.slice(before)).toEqual([]);
  expect(await statusOf(from, "loop", back)).toBe("COMPLETED");
  expect(await waiting([from])).toEqual([]);

  // Neither other bytes under its name, nor an origin that is nobody's, hold a version back.
  await putVersion(from, "loop", "other body", { [ORIGIN]: origin });
  await putVersion(from, "new", "new", { [ORIGIN]: `${origin.split("/")[0]}/${"0".repeat(32)}` });
  await settle(from);
  expect(server.objects.get("/elsewhere/loop")?.body).toBe("other body");
  expect(server.objects.get("/elsewhere/new")?.body).toBe("new");
  const [last] = server.objects.get("/elsewhere/new")?.headers.get(ORIGIN)?.split(" ") ?? [];
  expect(last).not.toContain("0".repeat(32));

  // What has gone round twice is not known by its ETag, as where each server encrypts it.
  const requestsBefore = server.requests.length;
  const far = `far/${"0".repeat(32)}`;
  const round = { [ORIGIN]: `${far} ${origin} ${far} ${origin}` };
  const again = await putVersion(from, "loop", "encrypted anew", round);
  await settle(from);
  expect(server.requests.slice(requestsBefore)).toEqual([]);
  expect(await statusOf(from, "loop", again)).toBe("COMPLETED");
});

test("what only a customer's key opens goes to no other server, has failed, and is told so", async () => {
  const from = await replicated();
  await putObject(from, "secret", "x".repeat(20_000), customerKey().headers);
  await putVersion(from, "plain", "goes");
  const before = server.requests.length;
  await settle(from);
  expect(server.requests.slice(before).filter((each) => each.startsWith("PUT"))).toEqual([
    "PUT /elsewhere/plain",
  ]);
  expect(await waiting([from])).toEqual([]);
  const told = receiver.recordsOf(from);
  expect(told).toHaveLength(1);
  expect(told[0]).toMatchObject({
    eventName: "Replication:OperationFailedReplication",
    s3: { object: { key: "secret" } },
    replicationEventData: { failureReason: "SrcObjectNotEligible" },
  });
});
