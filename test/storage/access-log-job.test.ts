import { expect, test } from "vitest";
import type { LogDestination } from "../../src/protocol/access-log/log-destination.ts";
import { appendLog, OBJECT_BYTES } from "../../src/storage/bucket-shard/access-log/log-batches.ts";
import { deliverLogs } from "../../src/storage/bucket-shard/jobs/access-log-job.ts";
import type { Transact } from "../../src/storage/bucket-shard/transaction.ts";
import type { Delivery, InternalWrite } from "../../src/storage/ports/engines.ts";
import { inShard, type TimedShard } from "../support/lifecycle-shard.ts";
import { jobLines } from "../support/job-lines.ts";
import { parseLog } from "../support/access-log.ts";
import { storedRule } from "../support/stored-rule.ts";

const ROLL_MS = 300_000;
const DONE: Delivery = { kind: "done" };

function destinationOf(bucket: string): LogDestination {
  const source = { bucket, region: "us-east-1", accountId: "000000000000", ownerId: "owner" };
  return { bucket: "target", prefix: "log/", source };
}

/** What engines are asked to write, and what they answer. */
class Written {
  readonly objects = new Map<string, string>();
  readonly writes: InternalWrite[] = [];
  answer: (write: InternalWrite) => Delivery = () => DONE;

  async write(write: InternalWrite): Promise<Delivery> {
    this.writes.push(write);
    const answer = this.answer(write);
    if (answer.kind === "done") this.objects.set(write.key, new TextDecoder().decode(write.body));
    return answer;
  }

  get lines(): string[] {
    return [...this.objects.values()].join("").trimEnd().split("\n");
  }
}

function append(shard: TimedShard, lines: string, bucket = "source"): boolean {
  const destination = JSON.stringify(destinationOf(bucket));
  const count = lines.split("\n").length - 1;
  return shard.do((transaction) =>
    appendLog(transaction, { destination, firstMs: shard.nowMs, lines, count }),
  );
}

const waiting = ({ sql }: TimedShard): number =>
  sql.exec<{ count: number }>("SELECT COUNT(*) AS count FROM log_batch").one().count;

function run(
  shard: TimedShard,
  written: Written,
  transact: Transact = (effect) => shard.do(effect),
) {
  return deliverLogs(shard.shard, () => written, shard.nowMs, transact);
}

test("lines of a destination become one object when their time has come, and not before", () =>
  inShard(async (shard) => {
    const written = new Written();
    append(shard, "a\n");
    append(shard, "b\n", "other");
    shard.nowMs += 1000;
    append(shard, "c\n");
    expect(await run(shard, written)).toBe(shard.nowMs - 1000 + ROLL_MS);
    expect(written.writes).toEqual([]);
    shard.nowMs += ROLL_MS - 1000;
    const told = await jobLines(async () => expect(await run(shard, written)).toBeUndefined());
    expect([...written.objects.values()].sort()).toEqual(["a\nc\n", "b\n"]);
    const line = { level: "log", job: "access-log", outcome: "done", target: "target", objects: 1 };
    expect(told.toSorted((a, b) => Number(a["lines"]) - Number(b["lines"]))).toEqual([
      { ...line, bucket: "other", lines: 1, lineBytes: 2 },
      { ...line, bucket: "source", lines: 2, lineBytes: 4 },
    ]);
    const ofSource = written.writes.find(({ body }) => body.byteLength > 2);
    expect(ofSource?.caller).toEqual({
      kind: "service",
      name: "logging.s3.amazonaws.com",
      sourceArn: "arn:aws:s3:::source",
      sourceAccountId: "000000000000",
    });
    expect(waiting(shard)).toBe(0);
  }));

test("lines that are as many as an object has are delivered at once, several objects of them", () =>
  inShard(async (shard) => {
    const written = new Written();
    const lines = `${"x".repeat(60 * 1024)}\n`;
    for (let i = 0; i < 40; i += 1) append(shard, lines);
    const due = shard.sql.exec<{ due: number }>(
      "SELECT due_ms AS due FROM job WHERE kind = 'access-log'",
    );
    expect(due.one().due).toBe(shard.nowMs);
    // More than a whole object is left, and then less than one.
    expect(await run(shard, written)).toBe(shard.nowMs);
    expect(await run(shard, written)).toBe(shard.nowMs);
    await run(shard, written);
    expect(written.objects.size).toBe(2);
    for (const body of written.objects.values())
      expect(body.length).toBeLessThanOrEqual(OBJECT_BYTES);
    shard.nowMs += ROLL_MS;
    await run(shard, written);
    expect(written.lines).toHaveLength(40);
  }));

/** It dies after so many transactions. */
function dying(shard: TimedShard, transactions: number): Transact {
  let left = transactions;
  return (effect) => {
    if (left === 0) throw new Error("the shard dies");
    left -= 1;
    return shard.do(effect);
  };
}

test("a shard that dies after it was written, and before it forgot, writes the same object again", () =>
  inShard(async (shard) => {
    const written = new Written();
    append(shard, "a\n");
    shard.nowMs += ROLL_MS;
    await expect(run(shard, written, dying(shard, 1))).rejects.toThrow("dies");
    expect(written.lines).toEqual(["a"]);
    append(shard, "b\n");
    shard.nowMs += 1000;
    // The object that may be there already does not get other lines.
    expect(await run(shard, written)).toBe(shard.nowMs);
    const [first, second] = written.writes;
    expect(second).toEqual(first);
    expect(written.lines).toEqual(["a"]);
    shard.nowMs += ROLL_MS;
    await run(shard, written);
    expect([...written.objects.values()]).toEqual(["a\n", "b\n"]);
    expect(waiting(shard)).toBe(0);
  }));

test("one that dies before it has begun an object has written none", () =>
  inShard(async (shard) => {
    const written = new Written();
    append(shard, "a\n");
    shard.nowMs += ROLL_MS;
    await expect(run(shard, written, dying(shard, 0))).rejects.toThrow("dies");
    expect(written.writes).toEqual([]);
  }));

test("a target that fails is tried again, and holds up no other", () =>
  inShard(async (shard) => {
    const written = new Written();
    append(shard, "a\n");
    append(shard, "b\n", "other");
    shard.nowMs += ROLL_MS;
    written.answer = ({ caller }) =>
      caller.sourceArn.endsWith("source") ? { kind: "retry", reason: "down" } : DONE;
    const told = await jobLines(async () =>
      expect(await run(shard, written)).toBe(shard.nowMs + 60_000),
    );
    expect(told).toContainEqual({
      level: "warn",
      job: "access-log",
      outcome: "delayed",
      bucket: "source",
      target: "target",
      lines: 1,
      reason: "down",
    });
    expect(written.lines).toEqual(["b"]);
    written.answer = () => DONE;
    shard.nowMs += 60_000;
    expect(await run(shard, written)).toBeUndefined();
    expect(written.lines.toSorted()).toEqual(["a", "b"]);
  }));

test("what a target refuses is dropped and counted", () =>
  inShard(async (shard) => {
    const written = new Written();
    written.answer = () => ({ kind: "refused", reason: "AccessDenied" });
    append(shard, "a\nb\n");
    shard.nowMs += ROLL_MS;
    const told = await jobLines(async () => expect(await run(shard, written)).toBeUndefined());
    expect(told).toMatchObject([{ level: "error", outcome: "given up", lines: 2 }]);
    expect(waiting(shard)).toBe(0);
    expect(shard.shard.logRoom.droppedLines).toBe(2);
  }));

test("no more waits than there is room for", () =>
  inShard((shard) => {
    const lines = `${"x".repeat(1024 * 1024 - 1)}\n`;
    const taken = Array.from({ length: 66 }, () => append(shard, lines));
    expect(taken.filter(Boolean)).toHaveLength(64);
  }));

test("what a lifecycle rule does to an object has a line, kept with the deed", () =>
  inShard(async (shard) => {
    const expiring = storedRule({ ID: "e", Filter: { Prefix: "old" }, Expiration: { Days: 1 } });
    const moving = storedRule({
      ID: "m",
      Filter: { Prefix: "cold" },
      Transition: [{ Days: 1, StorageClass: "GLACIER" }],
    });
    shard.configure({ lifecycle: { Rule: [expiring, moving] } });
    shard.put("old-1");
    shard.put("cold-1", { sizeBytes: 1_000_000 });
    shard.pass(3);
    expect(waiting(shard)).toBe(0);

    shard.configure({
      lifecycle: { Rule: [expiring, moving] },
      logging: { destination: destinationOf("source") },
    });
    shard.put("old-2");
    shard.put("cold-2", { sizeBytes: 1_000_000 });
    let deaths = 0;
    shard.pass(3, {
      dies: () => {
        deaths += 1;
        return deaths === 1;
      },
    });
    shard.nowMs += ROLL_MS;
    const written = new Written();
    await run(shard, written);
    const records = parseLog([...written.objects.values()].join(""));
    const told = records.map(({ operation, key, requester }) => `${operation} ${key} ${requester}`);
    expect(told.toSorted()).toEqual([
      "S3.EXPIRE.OBJECT old-2 AmazonS3",
      "S3.TRANSITION.OBJECT cold-2 AmazonS3",
    ]);
    expect(records[0]).toMatchObject({ remoteIp: "-", uri: '"-"', status: "-", bucket: "source" });
  }));
