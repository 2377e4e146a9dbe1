import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import scaleMd from "../../docs/scale.md?raw";
import { putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { installMeter } from "../support/request-meter.ts";

const SHARDS = Number(env.INDEX_SHARDS);
/** Keys of each kind: so many that each of five shards has some of both, and more than one page. */
const KEYS = 15;
const PAGE = 2;

const INLINE = new Uint8Array(1024);
const BLOB = new Uint8Array(64 * 1024);

const meter = await installMeter();

interface Request {
  readonly send: (bucket: string) => Promise<Response>;
  /** N of the table. */
  readonly count?: number;
}

/** Each meets a bucket with `inline-0` … and `blob-0` …, in which every shard has been written to. */
const REQUESTS: Readonly<Record<string, Request>> = {
  "PutObject, inline, new key": { send: (bucket) => putObject(bucket, "new", INLINE) },
  "PutObject, inline, overwrite": { send: (bucket) => putObject(bucket, "inline-0", INLINE) },
  "PutObject, blob, new key": { send: (bucket) => putObject(bucket, "new", BLOB) },
  "PutObject, blob, overwrite": { send: (bucket) => putObject(bucket, "blob-0", BLOB) },
  "GetObject, inline": { send: (bucket) => signedFetch("GET", `/${bucket}/inline-0`) },
  "GetObject, blob": { send: (bucket) => signedFetch("GET", `/${bucket}/blob-0`) },
  "GetObject, no such key": { send: (bucket) => signedFetch("GET", `/${bucket}/none`) },
  HeadObject: { send: (bucket) => signedFetch("HEAD", `/${bucket}/inline-0`) },
  "DeleteObject, inline": { send: (bucket) => signedFetch("DELETE", `/${bucket}/inline-0`) },
  "DeleteObject, blob": { send: (bucket) => signedFetch("DELETE", `/${bucket}/blob-0`) },
  "DeleteObject, no such key": { send: (bucket) => signedFetch("DELETE", `/${bucket}/none`) },
  "DeleteObjects, N inline": { send: (bucket) => deleteAll(bucket, "inline"), count: KEYS },
  "DeleteObjects, N blobs": { send: (bucket) => deleteAll(bucket, "blob"), count: KEYS },
  "ListObjectsV2, N keys of more": { send: (bucket) => listPage(bucket, PAGE), count: PAGE },
  "ListObjectsV2, N keys, the last": { send: (bucket) => listPage(bucket, 1000), count: 2 * KEYS },
  HeadBucket: { send: (bucket) => signedFetch("HEAD", `/${bucket}`) },
  "ListBuckets, N buckets": {
    send: (bucket) => signedFetch("GET", "/", { query: { prefix: bucket } }),
    count: 1,
  },
  CreateBucket: { send: (bucket) => signedFetch("PUT", `/${bucket}-other`) },
  DeleteBucket: {
    async send(bucket) {
      await deleteAll(bucket, "inline");
      await deleteAll(bucket, "blob");
      meter.reset();
      return signedFetch("DELETE", `/${bucket}`);
    },
  },
};

const documented = readTable(scaleMd);

test("docs/scale.md names the requests that are counted", () => {
  expect([...documented.keys()]).toEqual(Object.keys(REQUESTS));
});

describe("a request costs what docs/scale.md says", () => {
  test.for(Object.entries(REQUESTS))("%s", async ([name, { send, count = 0 }]) => {
    const bucket = await filledBucket();
    meter.reset();
    const response = await send(bucket);
    await response.arrayBuffer();
    const cells = documented.get(name) ?? [];
    const [index, rowsRead, rowsWritten, r2, directory, kv] = cells.map((cell) =>
      evaluate(cell, count),
    );
    expect(meter.cost()).toEqual({ index, rowsRead, rowsWritten, r2, directory, kv });
  });
});

async function filledBucket(): Promise<string> {
  const bucket = await uniqueBucket();
  // The blobs twice: the first garbage of a shard arms its alarm, which is not the cost of every request.
  for (const [kind, body] of [
    ["inline", INLINE],
    ["blob", BLOB],
    ["blob", BLOB],
  ] as const) {
    const puts = Array.from({ length: KEYS }, (_, i) => putObject(bucket, `${kind}-${i}`, body));
    await Promise.all(puts);
  }
  return bucket;
}

function deleteAll(bucket: string, kind: "inline" | "blob"): Promise<Response> {
  const entries = Array.from(
    { length: KEYS },
    (_, i) => `<Object><Key>${kind}-${i}</Key></Object>`,
  );
  const body = `<Delete>${entries.join("")}</Delete>`;
  return signedFetch("POST", `/${bucket}`, { query: { delete: "" }, body });
}

function listPage(bucket: string, maxKeys: number): Promise<Response> {
  const query = { "list-type": "2", "max-keys": String(maxKeys) };
  return signedFetch("GET", `/${bucket}`, { query });
}

/** The rows of a Markdown table without its head: the first cell, then the others. */
function readTable(markdown: string): Map<string, readonly string[]> {
  const [, , ...lines] = markdown.split("\n").filter((line) => line.startsWith("|"));
  const rows = lines.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  return new Map(rows.map(([name = "", ...cells]) => [name, cells]));
}

/** A sum of products of numbers, S and N: `6 S + 1`. */
function evaluate(cell: string, count: number): number {
  const valueOf = (factor: string): number =>
    factor === "S" ? SHARDS : factor === "N" ? count : Number(factor);
  return cell
    .split("+")
    .map((term) =>
      term
        .trim()
        .split(" ")
        .reduce((product, factor) => product * valueOf(factor), 1),
    )
    .reduce((sum, term) => sum + term, 0);
}
