import { s3Api } from "./api.ts";
import { CASES, type Contestant, makeBucket } from "./cases.ts";
import { compare } from "./compare.ts";
import { canSeeProcesses } from "./processes.ts";
import { buildPackage, CREDENTIALS, hasWorkerd, ledgeServe } from "./programs.ts";
import type { Measurement, Table } from "./report.ts";
import { hostOf, startServer } from "./server.ts";
import { median, spread } from "./statistics.ts";
import { RawSigner } from "../test/support/raw-signer.ts";

const ROUNDS = 5;

const SMALL = / 4 KiB$/;
/** Workers Free has 10 ms for a request; Workers Paid is billed for each. */
const BUDGET_MS = 2;

/**
 * CPU time of workerd for small requests, gateway and shard and what stands in for R2 together: what a deployment is billed for, as
 * near as one machine can tell. It does not depend on what else the machine does, as times do.
 */
export async function measureCpu(namePart: string, seconds: number): Promise<readonly Table[]> {
  if (!hasWorkerd() || !canSeeProcesses("cpu")) return [];
  buildPackage();
  await using server = await startServer(ledgeServe("workerd"));
  const signer = new RawSigner(CREDENTIALS, hostOf(server));
  const name = "ledge serve --runtime workerd";
  const contestant: Contestant = { name, server, api: (bucket) => s3Api(signer, bucket) };
  await makeBucket(contestant);
  const measurements: Measurement[] = [];
  for (const one of CASES.filter((each) => SMALL.test(each.name) && each.unit.isRate)) {
    if (!one.name.includes(namePart)) continue;
    const samples = await compare(one, [contestant], ROUNDS, seconds, () => true);
    const used = (samples.get(name) ?? []).map(({ cpuMicroseconds }) => cpuMicroseconds / 1000);
    measurements.push({
      name: one.name,
      figures: { "CPU ms of a call": spread(used) },
      target: `≤ ${BUDGET_MS}`,
      isMet: median(used) <= BUDGET_MS,
    });
  }
  return [{ title: "CPU time on workerd", measurements }];
}
