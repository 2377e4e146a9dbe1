import { createHash } from "node:crypto";
import { s3Api, signedCall } from "./api.ts";
import { BUCKET, keyOf, startFilled } from "./filled-server.ts";
import { Client } from "./load.ts";
import { buildPackage, CREDENTIALS } from "./programs.ts";
import type { Table } from "./report.ts";
import { hostOf } from "./server.ts";
import { median, percentile, spread } from "./statistics.ts";
import { RawSigner } from "../test/support/raw-signer.ts";

const KEYS = 1_000_000;
const BODY_BYTES = 64;
const READ_KEYS = 1000;
const CONNECTIONS = 1;
const ROUNDS = 30;
const ROUND_SECONDS = 1.5;
/** Scans begin a tenth of it after the rules; the whole scan takes far longer than a round. */
const DAY_SECONDS = 1;
const SCAN_BEGINS_MS = 300;
/** Nothing is due while this runs. */
const RULES =
  "<LifecycleConfiguration><Rule><ID>r</ID><Filter/><Status>Enabled</Status><Expiration><Days>1000000</Days></Expiration></Rule></LifecycleConfiguration>";

/** So much longer may one GET of a hundred take. */
const MAX_RATIO = 1.3;

/**
 * GETs of small objects while a lifecycle scan goes through 1,000,000 keys, beside those of the same server while it does not: rounds that
 * alternate, of which each second one begins with rules and ends without.
 */
export async function measureLifecycleScan(): Promise<readonly Table[]> {
  buildPackage();
  await using server = await startFilled("node", KEYS, Buffer.alloc(BODY_BYTES), [
    `LIFECYCLE_DAY_SECONDS:${DAY_SECONDS}`,
  ]);
  const client = new Client(server, CONNECTIONS);
  const signer = new RawSigner(CREDENTIALS, hostOf(server));
  const api = s3Api(signer, BUCKET);
  const setRules = async (isOn: boolean): Promise<void> => {
    const path = `/${BUCKET}?lifecycle=`;
    const headers = isOn ? { "content-md5": createHash("md5").update(RULES).digest("base64") } : {};
    const call = await signedCall(signer, isOn ? "PUT" : "DELETE", path, headers);
    await new Client(server, 1).once([isOn ? { ...call, body: Buffer.from(RULES) } : call]);
    await new Promise((resolve) => {
      setTimeout(resolve, SCAN_BEGINS_MS);
    });
  };
  // 617 and 1,000 have no common factor: each of the keys comes once, and never beside its neighbour.
  const numbers = Array.from(
    { length: READ_KEYS },
    (_, i) => ((i * 617) % READ_KEYS) * (KEYS / READ_KEYS),
  );
  const calls = await Promise.all(numbers.map((n) => api.call("GET", keyOf(n))));
  const sides = [false, true].map((isOn) => ({ isOn, p50: [] as number[], p99: [] as number[] }));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const { isOn, p50, p99 } of round % 2 === 0 ? sides : sides.toReversed()) {
      await setRules(isOn);
      const { latenciesMs } = await client.repeat(calls, ROUND_SECONDS);
      // The first round warms up.
      if (round === 0) continue;
      p50.push(percentile(latenciesMs, 0.5));
      p99.push(percentile(latenciesMs, 0.99));
    }
  }
  const [quiet, scanning] = sides;
  if (quiet === undefined || scanning === undefined) throw new Error("two sides");
  const measurements = (["p50", "p99"] as const).map((name) => {
    const ratios = scanning[name].map((ms, round) => ms / (quiet[name][round] ?? Number.NaN));
    return {
      name: `${name} of GET`,
      figures: {
        "ms before": median(quiet[name]).toFixed(3),
        "ms while it scans": median(scanning[name]).toFixed(3),
        ratio: spread(ratios),
      },
      target: name === "p99" ? `≤ ${MAX_RATIO}` : undefined,
      isMet: name === "p99" ? median(ratios) <= MAX_RATIO : undefined,
    };
  });
  return [{ title: "A lifecycle scan of 1,000,000 keys", measurements }];
}
