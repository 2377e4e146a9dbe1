import { createExecutionContext } from "cloudflare:test";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { delivered } from "../../src/domain/engines/write-internally.ts";
import { deploymentOf, portsOf } from "../../src/http/deployment.ts";
import type { LogDestination } from "../../src/protocol/access-log/log-destination.ts";
import { appendLog } from "../../src/storage/bucket-shard/access-log/log-batches.ts";
import { deliverLogs } from "../../src/storage/bucket-shard/jobs/access-log-job.ts";
import type { Transact } from "../../src/storage/bucket-shard/transaction.ts";
import type { Delivery, InternalWrite } from "../../src/storage/ports/engines.ts";
import { env } from "cloudflare:workers";
import { LOG_WRITER } from "../support/access-log.ts";
import { putPolicy } from "../support/bucket-policy.ts";
import { signedFetch } from "../support/client.ts";
import { doomedEnv, failuresOf } from "../support/gateway-death.ts";
import { inShard } from "../support/lifecycle-shard.ts";
import { startClock } from "../support/shards.ts";
import { listVersions, versionedBucket } from "../support/versions.ts";

const ROLL_MS = 300_000;
/** Too much to be inline. */
const LINES = `${"x".repeat(20_000)}\n`;

beforeAll(startClock);
afterAll(() => vi.useRealTimers());

function writeBy(write: InternalWrite, bindings: Cloudflare.Env): Promise<Delivery> {
  return delivered(portsOf(bindings, deploymentOf(bindings), createExecutionContext()), write);
}

const CASES = [0, 1, 2, 3].flatMap((at) => failuresOf(at).map((failure) => ({ at, failure })));

test.for(CASES)(
  "a gateway that dies at call $at ($failure) while it writes a log object leaves it whole, once, or not at all",
  async ({ at, failure }) => {
    const target = await versionedBucket();
    await putPolicy(target, { Principal: LOG_WRITER, Action: "s3:PutObject", on: ["*"] });
    const source = { bucket: "s", region: "us-east-1", accountId: "000000000000", ownerId: "o" };
    const destination: LogDestination = { bucket: target, prefix: "log/", source };
    await inShard(async (shard) => {
      const transact: Transact = (effect) => shard.do(effect);
      const append = (lines: string): unknown =>
        transact((transaction) =>
          appendLog(transaction, {
            destination: JSON.stringify(destination),
            firstMs: shard.nowMs,
            lines,
            count: 1,
          }),
        );
      const deliver = async (bindings: Cloudflare.Env): Promise<void> => {
        shard.nowMs += ROLL_MS;
        const engines = { write: (write: InternalWrite) => writeBy(write, bindings) };
        await deliverLogs(shard.shard, () => engines, shard.nowMs, transact);
      };
      append(LINES);
      const doomed = doomedEnv({ at, failure, isDeath: true });
      await deliver(doomed.env);
      append("later\n");
      await deliver(env);
      for (const call of doomed.late) await call().catch(() => undefined);
      await deliver(env);
      expect(shard.sql.exec("SELECT id FROM log_batch").toArray()).toEqual([]);
    });
    const bodies = new Map<string, Set<string>>();
    const { versions } = await listVersions(target);
    for (const { key, id: versionId } of versions) {
      const response = await signedFetch("GET", `/${target}/${key}`, { query: { versionId } });
      bodies.set(key, (bodies.get(key) ?? new Set()).add(await response.text()));
    }
    // Perhaps twice under one key, and then the same.
    const told = [...bodies.values()].map((each) => [...each].join(" or "));
    expect(told.toSorted()).toEqual(["later\n", LINES]);
  },
);
