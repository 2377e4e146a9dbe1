import { s3Api } from "./api.ts";
import type { Call } from "./connection.ts";
import { BUCKET, keyOf, startFilled } from "./filled-server.ts";
import { Client } from "./load.ts";
import { buildPackage, CREDENTIALS } from "./programs.ts";
import type { Table } from "./report.ts";
import { hostOf, type Server } from "./server.ts";
import { median, spread } from "./statistics.ts";
import { RawSigner } from "../test/support/raw-signer.ts";

const FEW = 1000;
const MANY = 1_000_000;
const READ_KEYS = 1000;
const ROUNDS = 7;

/** So much longer may a read take among a thousand times the keys. */
const MAX_RATIO = 1.5;

/** HEADs of keys at random and a page from the middle, in a bucket of 1,000,000 keys beside one of 1,000. */
export async function measureManyKeys(seconds: number): Promise<readonly Table[]> {
  buildPackage();
  await using few = await startFilled("node", FEW);
  await using many = await startFilled("node", MANY);
  const reads = {
    "HEAD of keys at random": (server: Server, keyCount: number) => headCalls(server, keyCount),
    "1,000 keys from the middle": (server: Server, keyCount: number) => pageCalls(server, keyCount),
  };
  const measurements = [];
  for (const [name, callsOf] of Object.entries(reads)) {
    const sides = [
      { client: new Client(few, 16), calls: await callsOf(few, FEW), ms: [] as number[] },
      { client: new Client(many, 16), calls: await callsOf(many, MANY), ms: [] as number[] },
    ];
    for (let i = 0; i <= ROUNDS; i += 1) {
      for (const { client, calls, ms } of sides) {
        const load = await client.repeat(calls, seconds);
        // The first round warms up.
        if (i > 0) ms.push((load.seconds * 1000) / load.count);
      }
      sides.reverse();
    }
    // After an even number of turns, they stand as at first.
    const [ofFew = [], ofMany = []] = sides.map(({ ms }) => ms);
    const ratios = ofMany.map((ms, round) => ms / (ofFew[round] ?? Number.NaN));
    measurements.push({
      name,
      figures: {
        "ms of 1,000": median(ofFew).toFixed(3),
        "ms of 1,000,000": median(ofMany).toFixed(3),
        ratio: spread(ratios),
      },
      target: `≤ ${MAX_RATIO}`,
      isMet: median(ratios) <= MAX_RATIO,
    });
  }
  return [{ title: "1,000,000 keys beside 1,000", measurements }];
}

function apiOf(server: Server) {
  return s3Api(new RawSigner(CREDENTIALS, hostOf(server)), BUCKET);
}

function headCalls(server: Server, keyCount: number): Promise<readonly Call[]> {
  const step = keyCount / READ_KEYS;
  // 617 and 1,000 have no common factor: each of the keys comes once, and never beside its neighbour.
  const numbers = Array.from({ length: READ_KEYS }, (_, i) => ((i * 617) % READ_KEYS) * step);
  return Promise.all(numbers.map((n) => apiOf(server).call("HEAD", keyOf(n))));
}

async function pageCalls(server: Server, keyCount: number): Promise<readonly Call[]> {
  const query = { "list-type": "2", "start-after": keyOf(Math.max(0, keyCount / 2 - 1)) };
  return [await apiOf(server).call("GET", "", { ...query, "max-keys": "500" })];
}
