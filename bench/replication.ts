import { createHash } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { RawSigner } from "../test/support/raw-signer.ts";
import { type Api, s3Api, signedCall } from "./api.ts";
import type { Call } from "./connection.ts";
import { Client } from "./load.ts";
import { buildPackage, CREDENTIALS, ledgeServe } from "./programs.ts";
import type { Table } from "./report.ts";
import { hostOf, type Server, startServer } from "./server.ts";
import { median, percentile, spread } from "./statistics.ts";

const BUCKET = "bench";
const PLAIN = "plain";
const ARN = "arn:ledge:replication:us-east-1:far:bench";
const BODY = Buffer.alloc(1024, "x");
/** As many as a shard replicates at once. */
const LANES = 4;
const WRITERS = 16;
/** A page of a listing, which tells when they are there. */
const OBJECTS = 1000;
const ROUNDS = 10;
const LAGS = 300;
const PATIENCE_MS = 120_000;

/**
 * 10,000 small objects that go from one Ledge to another, in rounds that alternate with as many PUTs by a client of as many
 * connections; and how long a single one takes.
 */
export async function measureReplication(): Promise<readonly Table[]> {
  buildPackage();
  const program = ledgeServe("node");
  await using far = await startServer(program);
  const target = { endpoint: `http://${hostOf(far)}`, kind: "ledge", ...CREDENTIALS };
  const env = { ...program.env, REPLICATION_TARGETS: JSON.stringify({ [ARN]: target }) };
  await using near = await startServer({ ...program, env });
  const there = await bucketOf(far, BUCKET);
  const plain = await bucketOf(far, PLAIN);
  const here = await bucketOf(near, BUCKET);
  await here.configure("replication", "ReplicationConfiguration", rules());
  const byClient = new Client(far, LANES);
  const writers = new Client(near, WRITERS);
  const rates: { readonly replicated: number; readonly put: number }[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const puts = await byClient.once(await putsOf(plain.api, `round-${round}`));
    const calls = await putsOf(here.api, `round-${round}`);
    const startMs = performance.now();
    await writers.once(calls);
    await areThere(there, `round-${round}`);
    const seconds = (performance.now() - startMs) / 1000;
    // The first round warms up.
    if (round > 0) rates.push({ replicated: OBJECTS / seconds, put: puts.count / puts.seconds });
  }
  const lagsMs = await lagsOf(here, there);
  const rate = {
    name: `${ROUNDS * OBJECTS} objects of 1 KiB`,
    figures: {
      "replicated/s": median(rates.map(({ replicated }) => replicated)).toFixed(0),
      [`PUTs/s, ${LANES} connections`]: median(rates.map(({ put }) => put)).toFixed(0),
      ratio: spread(rates.map(({ replicated, put }) => replicated / put)),
      "lag p50 ms": median(lagsMs).toFixed(1),
      "p99 ms": percentile(lagsMs, 0.99).toFixed(1),
    },
    target: undefined,
    isMet: undefined,
  };
  return [{ title: "Replication to another Ledge", measurements: [rate] }];
}

interface Bucket {
  readonly api: Api;
  readonly client: Client;
  configure(subresource: string, root: string, content: string): Promise<void>;
}

async function bucketOf(server: Server, name: string): Promise<Bucket> {
  const signer = new RawSigner(CREDENTIALS, hostOf(server));
  const api = s3Api(signer, name);
  const client = new Client(server, 1);
  const bucket: Bucket = {
    api,
    client,
    async configure(subresource, root, content) {
      const body = Buffer.from(`<${root}>${content}</${root}>`);
      const headers = { "content-md5": createHash("md5").update(body).digest("base64") };
      const call = await signedCall(signer, "PUT", `/${name}?${subresource}=`, headers);
      await client.once([{ ...call, body }]);
    },
  };
  await client.once(await api.makeBucket());
  await bucket.configure("versioning", "VersioningConfiguration", "<Status>Enabled</Status>");
  return bucket;
}

function rules(): string {
  return `<Role>arn:aws:iam::000000000000:role/any</Role><Rule><Priority>1</Priority><Filter/><Status>Enabled</Status>
    <Destination><Bucket>${ARN}</Bucket></Destination><DeleteMarkerReplication><Status>Disabled</Status></DeleteMarkerReplication></Rule>`;
}

function putsOf(api: Api, folder: string): Promise<readonly Call[]> {
  return Promise.all(Array.from({ length: OBJECTS }, (_, i) => api.put(`${folder}/${i}`, BODY)));
}

async function areThere({ api, client }: Bucket, folder: string): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  const page = await api.call("GET", "", { "list-type": "2", prefix: `${folder}/` });
  for (;;) {
    if ((await client.ask(page)).includes(`<KeyCount>${OBJECTS}</KeyCount>`)) return;
    if (performance.now() > endMs) throw new Error("not all objects were replicated");
    await setTimeout(50);
  }
}

/** From the answer to a PUT until the object is there, each alone. */
async function lagsOf(here: Bucket, there: Bucket): Promise<readonly number[]> {
  const lagsMs: number[] = [];
  for (let i = 0; i < LAGS; i += 1) {
    await here.client.once([await here.api.put(`lag/${i}`, BODY)]);
    const startMs = performance.now();
    const head = await there.api.call("GET", `lag/${i}`);
    while (!(await isThere(there, head)))
      if (performance.now() > startMs + PATIENCE_MS) throw new Error("it was not replicated");
    lagsMs.push(performance.now() - startMs);
  }
  return lagsMs;
}

function isThere({ client }: Bucket, call: Call): Promise<boolean> {
  return client.ask(call).then(
    () => true,
    () => false,
  );
}
