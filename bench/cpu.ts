import { randomBytes } from "node:crypto";
import { createBucket } from "./cases.ts";
import { type Call, Client } from "./load.ts";
import { canSeeProcesses, cpuSeconds, workerdProcesses } from "./processes.ts";
import type { Measurement } from "./report.ts";
import { localCredentials, type Server, startHello, startLedge } from "./server.ts";
import { RawSigner, UNSIGNED_PAYLOAD } from "../test/support/raw-signer.ts";
import { median } from "./statistics.ts";

const ROUNDS = 7;
const CONCURRENCY = 16;
const WARM_UP_SECONDS = 4;
const KEYS = 500;
const BODY = randomBytes(4096);

interface Contestant {
  readonly name: string;
  readonly server: Server;
  readonly calls: readonly Call[];
}

/**
 * CPU time of workerd for one request of 4 KiB to `npm start`, and to a Worker that says "hello" on the same workerd.
 * What else the machine does falls on it less than on requests a second.
 */
export async function measureCpu(roundSeconds: number): Promise<readonly Measurement[]> {
  if (!canSeeProcesses("cpu")) return [];
  await using hello = await startHello();
  await using ledge = await startLedge();
  const signer = new RawSigner(await localCredentials(), `${ledge.host}:${ledge.port}`);
  const paths = Array.from({ length: KEYS }, (_, i) => `/bench/cpu-${i}`);
  const puts = await Promise.all(
    paths.map(async (path): Promise<Call> => ({
      method: "PUT",
      path: await signer.presign("PUT", path),
      body: BODY,
    })),
  );
  const client = new Client(ledge, CONCURRENCY);
  await client.once([await createBucket(signer)]);
  await client.once(puts);
  client.close();

  const presigned = (method: string): Promise<readonly Call[]> =>
    Promise.all(paths.map(async (path) => ({ method, path: await signer.presign(method, path) })));
  const signedGets = await Promise.all(
    paths.map(async (path): Promise<Call> => {
      return { method: "GET", path, headers: await signer.sign("GET", path, UNSIGNED_PAYLOAD) };
    }),
  );
  const baseline: Contestant = {
    name: "hello",
    server: hello,
    calls: [{ method: "GET", path: "/" }],
  };
  // Awaited here: the servers end with this function.
  return await compare(
    [
      baseline,
      { name: "get 4 KiB, presigned", server: ledge, calls: await presigned("GET") },
      { name: "get 4 KiB, signed header", server: ledge, calls: signedGets },
      { name: "head 4 KiB", server: ledge, calls: await presigned("HEAD") },
      { name: "put 4 KiB", server: ledge, calls: puts },
    ],
    roundSeconds,
  );
}

async function compare(
  contestants: readonly Contestant[],
  roundSeconds: number,
): Promise<readonly Measurement[]> {
  for (const contestant of contestants) await microseconds(contestant, WARM_UP_SECONDS);
  const costs = contestants.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [i, contestant] of contestants.entries())
      costs[i]?.push(await microseconds(contestant, roundSeconds));
  const hello = costs[0] ?? [];
  return contestants.map(({ name }, i) => {
    const own = costs[i] ?? [];
    const ratios = own.map((cost, round) => (hello[round] ?? Number.NaN) / cost);
    return {
      name,
      figures: {
        µs: median(own).toFixed(0),
        least: Math.min(...own).toFixed(0),
        "hello/this": median(ratios).toFixed(2),
      },
      target: undefined,
      isMet: undefined,
    };
  });
}

/** CPU time of workerd for each call, over so long. */
async function microseconds({ server, calls }: Contestant, seconds: number): Promise<number> {
  const client = new Client(server, CONCURRENCY);
  const pids = workerdProcesses(server.pid).map(({ pid }) => pid);
  const used = (): number => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  const [startMs, before] = [performance.now(), used()];
  const rate = await client.repeat(calls, seconds);
  const count = (rate * (performance.now() - startMs)) / 1000;
  const cost = (used() - before) / count;
  client.close();
  return cost * 1_000_000;
}
