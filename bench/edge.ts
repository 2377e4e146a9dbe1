import { BARE_API, s3Api } from "./api.ts";
import { CASES, type Contestant, makeBucket, PAYLOAD_CASES } from "./cases.ts";
import { compare } from "./compare.ts";
import { CREDENTIALS, LEDGE_DEV, wranglerDev } from "./programs.ts";
import type { Measurement, Table } from "./report.ts";
import { hostOf, startServer } from "./server.ts";
import { median, spread } from "./statistics.ts";
import { RawSigner } from "../test/support/raw-signer.ts";

const ROUNDS = 5;

/** What the ratio is to reach; nothing is promised between small and large. */
const TARGETS: Readonly<Record<string, number>> = {
  "PUT 4 KiB": 1,
  "PUT 4 KiB, signed payload": 1,
  "PUT 4 KiB, CRC32 trailer": 1,
  "GET 4 KiB": 1,
  "GET 10 MiB": 0.9,
  "PUT 10 MiB, signed payload": 0.8,
  "PUT 10 MiB, CRC32 trailer": 0.6,
};

/** They are another matter for a Worker that keeps objects whole, and lists its bucket whole. */
const NOT_OF_BARE = /1 GiB|LIST|fold|connections/;

/**
 * `npm run dev` beside a bare Worker on the same runtime and the same stand-in for R2: what Ledge's own work costs where
 * everything else is equal.
 */
export async function measureEdge(namePart: string, seconds: number): Promise<readonly Table[]> {
  await using dev = await startServer(LEDGE_DEV);
  await using bare = await startServer(wranglerDev("bare-worker.toml", "/?list"));
  const signer = new RawSigner(CREDENTIALS, hostOf(dev));
  const contestants: readonly Contestant[] = [
    { name: "npm run dev", server: dev, api: (bucket) => s3Api(signer, bucket) },
    { name: "bare Worker", server: bare, api: () => BARE_API },
  ];
  for (const contestant of contestants) await makeBucket(contestant);
  const measurements: Measurement[] = [];
  for (const one of [...CASES, ...PAYLOAD_CASES]) {
    if (NOT_OF_BARE.test(one.name) || !one.name.includes(namePart)) continue;
    const samples = await compare(one, contestants, ROUNDS, seconds, () => true);
    const [ledge = [], other = []] = contestants.map(({ name }) =>
      (samples.get(name) ?? []).map(({ figure }) => figure),
    );
    const ratios = ledge.map((figure, round) => figure / (other[round] ?? Number.NaN));
    const target = TARGETS[one.name];
    measurements.push({
      name: one.name,
      figures: {
        "npm run dev": one.unit.print(median(ledge)),
        "bare Worker": one.unit.print(median(other)),
        "dev/bare": spread(ratios),
      },
      target: target === undefined ? undefined : `≥ ${target.toFixed(1)}`,
      isMet: target === undefined ? undefined : median(ratios) >= target,
    });
  }
  return [{ title: "npm run dev beside a bare Worker", measurements }];
}
