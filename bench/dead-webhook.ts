import { s3Api, signedCall } from "./api.ts";
import { Client } from "./load.ts";
import { buildPackage, CREDENTIALS, ledgeServe } from "./programs.ts";
import type { Table } from "./report.ts";
import { hostOf, type Server, startServer } from "./server.ts";
import { median, spread } from "./statistics.ts";
import { RawSigner } from "../test/support/raw-signer.ts";

const BUCKET = "bench";
const BODY = Buffer.alloc(1024, "x");
const CONCURRENCY = 16;
const ROUNDS = 40;
const PUTS = 250;
/** Nobody listens there: connections are refused. */
const DEAD = "http://127.0.0.1:9/";
const ARN = "arn:ledge:webhook:us-east-1:000000000000:dead";

/** So much longer may a PUT take. */
const MAX_RATIO = 1.05;

/** 10,000 PUTs of small objects in a bucket whose webhook is dead, beside as many in one that notifies nobody, in turn. */
export async function measureDeadWebhook(): Promise<readonly Table[]> {
  buildPackage();
  const program = ledgeServe("node");
  const env = { ...program.env, EVENT_TARGETS: JSON.stringify({ [ARN]: { url: DEAD } }) };
  await using silent = await startServer(program);
  await using notifying = await startServer({ ...program, env });
  const sides = [await sideOf(silent, false), await sideOf(notifying, true)];
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const { client, api, ms } of sides) {
      const keys = Array.from({ length: PUTS }, (_, i) => `round-${round}/${i}`);
      const calls = await Promise.all(keys.map((key) => api.put(key, BODY)));
      const { latenciesMs } = await client.once(calls);
      // The first round warms up.
      if (round > 0) ms.push(median(latenciesMs));
    }
    sides.reverse();
  }
  // After an odd number of turns, they stand the other way round.
  const [ofNotifying = [], ofSilent = []] = sides.map(({ ms }) => ms);
  const ratios = ofNotifying.map((ms, round) => ms / (ofSilent[round] ?? Number.NaN));
  const measurement = {
    name: `PUT of 1 KiB, ${ROUNDS * PUTS} of them`,
    figures: {
      "ms with none": median(ofSilent).toFixed(3),
      "ms with a dead webhook": median(ofNotifying).toFixed(3),
      ratio: spread(ratios),
    },
    target: `≤ ${MAX_RATIO}`,
    isMet: median(ratios) <= MAX_RATIO,
  };
  return [{ title: "A dead webhook", measurements: [measurement] }];
}

async function sideOf(server: Server, notifies: boolean) {
  const signer = new RawSigner(CREDENTIALS, hostOf(server));
  const api = s3Api(signer, BUCKET);
  const client = new Client(server, CONCURRENCY);
  await client.once(await api.makeBucket());
  if (notifies) {
    const body = `<NotificationConfiguration><QueueConfiguration><Queue>${ARN}</Queue><Event>s3:ObjectCreated:*</Event></QueueConfiguration></NotificationConfiguration>`;
    const headers = { "x-amz-skip-destination-validation": "true" };
    const path = `/${BUCKET}?notification=`;
    const call = await signedCall(signer, "PUT", path, headers);
    await client.once([{ ...call, body: Buffer.from(body) }]);
  }
  return { client, api, ms: [] as number[] };
}
