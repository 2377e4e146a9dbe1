import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import scaleMd from "../../docs/scale.md?raw";
import { readEventTargets } from "../../src/protocol/events/event-targets.ts";
import { eventTargetKind } from "../../src/storage/bucket-shard/jobs/event-target-kind.ts";
import { AwsReceiver, LAMBDA, SNS, SQS } from "../support/aws-receiver.ts";
import { putObject } from "../support/client.ts";
import { countSql } from "../support/counting-sql.ts";
import { EventReceiver, ONE, QUEUE, queueOf } from "../support/event-receiver.ts";
import { notifying } from "../support/notifying-bucket.ts";
import { outboxJob } from "../support/outbox-job.ts";
import { startClock } from "../support/shards.ts";

const EVENTS = 20;
const CREATED = ["s3:ObjectCreated:*"];

const aws = new AwsReceiver();
const hooks = new EventReceiver();
let sent = 0;
beforeAll(() => {
  aws.listen();
  hooks.listen();
  startClock();
});
beforeEach(() => {
  aws.calls.length = 0;
  hooks.posts.length = 0;
  sent = 0;
});
afterAll(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** What the list says of a target: `- SQS: 2 requests`. */
function stated(name: string): number {
  const [, count] = new RegExp(`^- ${name}: (\\d+) requests`, "m").exec(scaleMd) ?? [];
  return Number(count);
}

test.for<[name: string, target: string, content: string]>([
  ["a webhook", ONE, queueOf(ONE, CREATED)],
  ["SNS", SNS, queueOf(SNS, CREATED)],
  ["Lambda", LAMBDA, queueOf(LAMBDA, CREATED)],
  ["SQS", SQS, queueOf(SQS, CREATED)],
  ["EventBridge", "eventbridge", "<EventBridgeConfiguration/>"],
  ["a queue of Cloudflare's", QUEUE, queueOf(QUEUE, CREATED)],
])("20 events to %s take what docs/scale.md says", async ([name, target, content]) => {
  const world = await notifying(content);
  for (let i = 0; i < EVENTS; i += 1) await putObject(world.bucket, world.key(`k${i}`), "");
  const shard = env.BUCKET_INDEX.getByName(world.shard);
  const { EVENT_TARGETS: declared = "" } = env as { readonly EVENT_TARGETS?: string };
  const bindings = { EVENTS: { sendBatch: async () => void (sent += 1) } };
  const targets = readEventTargets("EVENT_TARGETS", declared, bindings, false);
  const { rowsRead, rowsWritten } = await runInDurableObject(shard, async (_, { storage }) => {
    const { sql, cost } = countSql(storage.sql);
    const kind = eventTargetKind(targets, { name: world.shard });
    await outboxJob(storage, [[target, kind]], 1000, sql).run(0);
    return cost();
  });
  expect(aws.calls.length + hooks.posts.length + sent).toBe(stated(name));
  const [, read, written] = /^(\d+) rows read and (\d+) written/m.exec(scaleMd) ?? [];
  // A look into an index without rows counts as one that was read or as none, differently from run to run (2026-11).
  expect(rowsRead).toBeLessThanOrEqual(Number(read));
  expect(rowsRead).toBeGreaterThanOrEqual(Number(read) - EVENTS);
  expect(rowsWritten).toBe(Number(written));
});
