import { pick, seededRandom } from "../support/seeded-random.ts";
import { bytesOf, type Entry, entryOf, type Ledger, type Piece, type State } from "./ledger.ts";
import { type Send, succeed, Unanswered } from "./requests.ts";

const WRITERS = 8;
const KEYS_OF_A_WRITER = 5;
const KIB = 1024;
/** The least that a part has which is not the last. */
const PART_BYTES = 5 * KIB * KIB;

/** They work until the server dies. */
export interface Writers {
  /** Done when a write was acknowledged. */
  readonly first: Promise<void>;
  /** Kills the server; done when all have noticed. @throws Error for what went wrong before */
  endWith(kill: () => Promise<void>): Promise<void>;
}

interface Writer {
  readonly send: Send;
  readonly ledger: Ledger;
  readonly random: (bound: number) => number;
  readonly keys: readonly string[];
  /** Of a new piece: no two are alike. */
  readonly nextName: (key: string) => string;
}

/** Makes the buckets that the writers write to. */
export async function makeBuckets(send: Send): Promise<void> {
  await succeed(send("PUT", "/plain"));
  await succeed(send("PUT", "/versioned"));
  const body = Buffer.from(
    "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
  );
  await succeed(send("PUT", "/versioned?versioning", { body }));
}

/** Each writer does one thing after the other, to keys of its own, and enters it into the ledger. */
export function startWriters(send: Send, ledger: Ledger, seed: number): Writers {
  let isDying = false;
  const { promise: first, resolve, reject } = Promise.withResolvers<void>();
  async function work(number: number): Promise<void> {
    const random = seededRandom(seed * WRITERS + number);
    let names = 0;
    const writer: Writer = {
      send,
      ledger,
      random,
      keys: Array.from({ length: KEYS_OF_A_WRITER }, (_, i) => `writer-${number}/key-${i}`),
      nextName: (key) => `${key} ${seed}.${(names += 1)}`,
    };
    try {
      for (;;) {
        await pick(random, STEPS)(writer);
        ledger.acknowledged += 1;
        resolve();
      }
    } catch (error) {
      if (!(isDying && error instanceof Unanswered)) throw error;
    }
  }
  const ended = Promise.all(Array.from({ length: WRITERS }, (_, number) => work(number)));
  ended.catch(reject);
  return {
    first,
    async endWith(kill) {
      isDying = true;
      await kill();
      await ended;
    },
  };
}

type Step = (writer: Writer) => Promise<void>;

/** As often as they are to come. */
const STEPS: readonly Step[] = [
  ...[putInline, putInline, putInline, putBlob, putBlob, remove, putParts, copy, append],
  ...[putVersion, putVersion],
];

function putInline(writer: Writer): Promise<void> {
  return put(writer, writer.random(8 * KIB));
}

function putBlob(writer: Writer): Promise<void> {
  return put(writer, 20 * KIB + writer.random(600 * KIB));
}

async function put(writer: Writer, sizeBytes: number): Promise<void> {
  const { send } = writer;
  const key = anyKey(writer);
  const state = [newPiece(writer, key, sizeBytes)];
  const body = bytesOf(state);
  await change(writer, key, state, () => send("PUT", `/plain/${key}`, { body }));
}

async function remove(writer: Writer): Promise<void> {
  const { send } = writer;
  const key = anyKey(writer);
  await change(writer, key, undefined, () => send("DELETE", `/plain/${key}`));
}

async function putParts(writer: Writer): Promise<void> {
  const { send, random } = writer;
  const key = anyKey(writer);
  const sizes = [1 + random(300 * KIB)];
  if (random(10) === 0) sizes.unshift(PART_BYTES);
  const created = await succeed(send("POST", `/plain/${key}?uploads`));
  const [, uploadId = ""] = /<UploadId>(.*)<\/UploadId>/.exec(created.body.toString()) ?? [];
  const state: Piece[] = [];
  let parts = "";
  for (const [i, sizeBytes] of sizes.entries()) {
    const piece = newPiece(writer, key, sizeBytes);
    const target = `/plain/${key}?partNumber=${i + 1}&uploadId=${uploadId}`;
    const { headers } = await succeed(send("PUT", target, { body: bytesOf([piece]) }));
    state.push(piece);
    parts += `<Part><PartNumber>${i + 1}</PartNumber><ETag>${headers.get("etag")}</ETag></Part>`;
  }
  const body = Buffer.from(`<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>`);
  await change(writer, key, state, () =>
    send("POST", `/plain/${key}?uploadId=${uploadId}`, { body }),
  );
}

async function copy(writer: Writer): Promise<void> {
  const [source, target] = [anyKey(writer), anyKey(writer)];
  const { settled } = entryOf(writer.ledger, source);
  if (settled === undefined || source === target) return;
  const headers = { "x-amz-copy-source": `/plain/${source}` };
  await change(writer, target, settled, () => writer.send("PUT", `/plain/${target}`, { headers }));
}

async function append(writer: Writer): Promise<void> {
  const key = anyKey(writer);
  const { settled } = entryOf(writer.ledger, key);
  if (settled === undefined) return;
  const offset = settled.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const piece = newPiece(writer, key, 1 + writer.random(40 * KIB));
  const headers = { "x-amz-write-offset-bytes": String(offset) };
  await change(writer, key, [...settled, piece], () =>
    writer.send("PUT", `/plain/${key}`, { headers, body: bytesOf([piece]) }),
  );
}

async function putVersion(writer: Writer): Promise<void> {
  const { random, ledger } = writer;
  const key = anyKey(writer);
  const state = [newPiece(writer, key, random(40 * KIB))];
  const { headers } = await succeed(
    writer.send("PUT", `/versioned/${key}`, { body: bytesOf(state) }),
  );
  ledger.versions.set(headers.get("x-amz-version-id") ?? "", { key, state });
}

/** Enters what is about to happen before it is asked for, and that it has once it is acknowledged. */
async function change(
  { ledger }: Writer,
  key: string,
  state: State,
  request: () => ReturnType<Send>,
): Promise<void> {
  const entry: Entry = entryOf(ledger, key);
  entry.pending = { state };
  await succeed(request());
  entry.settled = state;
  entry.pending = undefined;
}

function anyKey({ random, keys }: Writer): string {
  return pick(random, keys);
}

function newPiece({ nextName }: Writer, key: string, sizeBytes: number): Piece {
  return { name: nextName(key), sizeBytes };
}
