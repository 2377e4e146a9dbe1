import { setTimeout } from "node:timers/promises";
import { s3Api, signedCall } from "./api.ts";
import type { Call } from "./connection.ts";
import { BUCKET, keyOf, startFilled } from "./filled-server.ts";
import { Client, type Load } from "./load.ts";
import { buildPackage, CREDENTIALS, hasWorkerd, type Runtime } from "./programs.ts";
import type { Measurement, Table } from "./report.ts";
import { hostOf, type Server } from "./server.ts";
import { percentile } from "./statistics.ts";
import { RawSigner } from "../test/support/raw-signer.ts";

const KEYS = 100_000;
const BODY = Buffer.alloc(1024, "x");
/** Of those that read, and as many that write. */
const CONNECTIONS = 4;
/** Keys that are read, and as many others that are written, of all places. */
const USED_KEYS = 1000;
const POLL_MS = 20;
const PATH = `/_ledge/buckets/${BUCKET}/grow`;

/** So much longer may the slowest hundredth of the writes take while the bucket grows. */
const MAX_RATIO = 3;

/**
 * A bucket of 100,000 keys of 1 KiB grows from one shard to two while clients read and write, beside the same clients of the same server
 * before.
 */
export async function measureGrowth(seconds: number): Promise<readonly Table[]> {
  buildPackage();
  const runtimes: readonly Runtime[] = hasWorkerd() ? ["node", "workerd"] : ["node"];
  const growths: Measurement[] = [];
  const requests: Measurement[] = [];
  for (const runtime of runtimes) {
    const measured = await measureRuntime(runtime, seconds);
    growths.push(measured.growth);
    requests.push(...measured.requests);
  }
  return [
    { title: `A growth of ${KEYS} keys`, measurements: growths },
    { title: "Requests beside it, in ms", measurements: requests },
  ];
}

async function measureRuntime(runtime: Runtime, seconds: number) {
  await using server = await startFilled(runtime, KEYS, BODY);
  const api = s3Api(new RawSigner(CREDENTIALS, hostOf(server)), BUCKET);
  const step = KEYS / USED_KEYS;
  const used = Array.from({ length: USED_KEYS }, (_, i) => ((i * 617) % USED_KEYS) * step);
  const gets = await Promise.all(used.map((n) => api.call("GET", keyOf(n))));
  const puts = await Promise.all(used.map((n) => api.put(keyOf(n + 1), BODY)));
  const during = async (isEnded: () => boolean): Promise<readonly Load[]> =>
    Promise.all(
      [gets, puts].map((calls: readonly Call[]) =>
        new Client(server, CONNECTIONS).repeatUntil(calls, isEnded),
      ),
    );

  await during(after(seconds));
  const [getsBefore, putsBefore] = await during(after(4 * seconds));
  const growing = grow(server);
  let hasGrown = false;
  void growing.finally(() => (hasGrown = true)).catch(() => undefined);
  const [getsDuring, putsDuring] = await during(() => hasGrown);
  const { tookMs, movedKeys } = await growing;
  const growth: Measurement = {
    name: runtime,
    figures: {
      seconds: (tookMs / 1000).toFixed(1),
      "keys that moved": movedKeys,
      "keys a second": Math.round(movedKeys / (tookMs / 1000)),
    },
    target: undefined,
    isMet: undefined,
  };
  return {
    growth,
    requests: [
      compared(`${runtime}: GET`, getsBefore, getsDuring, false),
      compared(`${runtime}: PUT`, putsBefore, putsDuring, true),
    ],
  };
}

function after(seconds: number): () => boolean {
  const endMs = performance.now() + seconds * 1000;
  return () => performance.now() >= endMs;
}

/** @returns when it has ended */
async function grow(server: Server): Promise<{ tookMs: number; movedKeys: number }> {
  const signer = new RawSigner(CREDENTIALS, hostOf(server));
  const client = new Client(server, 1);
  const beganMs = performance.now();
  const body = Buffer.from(JSON.stringify({ shards: 2 }));
  await client.ask({ ...(await signedCall(signer, "POST", PATH)), body });
  let movedKeys = 0;
  for (;;) {
    const answer = await client.ask(await signedCall(signer, "GET", PATH));
    const progress = JSON.parse(answer) as { moves?: { movedKeys: number }[] };
    if (progress.moves === undefined) break;
    movedKeys = progress.moves.reduce((sum, move) => sum + move.movedKeys, 0);
    await setTimeout(POLL_MS);
  }
  return { tookMs: performance.now() - beganMs, movedKeys };
}

function compared(
  name: string,
  before: Load | undefined,
  during: Load | undefined,
  hasTarget: boolean,
): Measurement {
  const figuresOf = ({ latenciesMs }: Load): number[] => [
    percentile(latenciesMs, 0.5),
    percentile(latenciesMs, 0.99),
    Math.max(...latenciesMs),
  ];
  if (before === undefined || during === undefined) throw new Error("nothing was measured");
  const [ofBefore, ofDuring] = [figuresOf(before), figuresOf(during)];
  const ratios = ofDuring.map((ms, i) => ms / (ofBefore[i] ?? Number.NaN));
  const told = (values: readonly number[]): string =>
    values.map((value) => value.toFixed(value < 100 ? 2 : 0)).join(" / ");
  return {
    name,
    figures: {
      "p50 / p99 / max before": told(ofBefore),
      "while it grows": told(ofDuring),
      ratios: told(ratios),
    },
    ...(hasTarget
      ? { target: `p99 ≤ ${MAX_RATIO}`, isMet: (ratios[1] ?? Number.NaN) <= MAX_RATIO }
      : { target: undefined, isMet: undefined }),
  };
}
