import { env } from "cloudflare:workers";
import { expect } from "vitest";
import type { BucketRecord } from "../../src/storage/ports/bucket-directory.ts";
import { putObject, signedFetch, uniqueBucket } from "./client.ts";
import { copied } from "./copy.ts";
import { faultyFetch } from "./faults.ts";
import { bucketDirectoryClient } from "../../src/storage/clients/bucket-directory-client.ts";

const SMALL = 100;
/** Inline, but not twice. */
const MIDDLING = 10_000;
const LARGE = 20_000;

type Headers = Readonly<Record<string, string>>;

interface Place {
  /** Bytes that the object has before, in one blob or inline, and then in others. */
  readonly sizes: readonly number[];
  readonly tailBytes: number;
  readonly isCopied: boolean;
}

/** What is appended to, and how much. */
const PLACES: Readonly<Record<string, Place>> = {
  "inline bytes that stay inline": { sizes: [SMALL], tailBytes: SMALL, isCopied: false },
  "inline bytes that get too long": { sizes: [MIDDLING], tailBytes: MIDDLING, isCopied: false },
  "a blob": { sizes: [LARGE], tailBytes: SMALL, isCopied: false },
  "a list of segments": { sizes: [LARGE, SMALL], tailBytes: SMALL, isCopied: false },
  "a blob of another bucket": { sizes: [LARGE], tailBytes: SMALL, isCopied: true },
  "segments of another bucket": { sizes: [LARGE, SMALL], tailBytes: SMALL, isCopied: true },
};

/** Those that are tried: within a bucket, an append calls the shard of its key and no other, however many there are. */
export const APPEND_PLACES: readonly string[] = Object.entries(PLACES)
  .filter(([, { isCopied }]) => env.INDEX_SHARDS === "1" || isCopied)
  .map(([name]) => name);

/** An object to append to, and what to append. */
export interface AppendPlace {
  /** Bucket and key. */
  readonly path: string;
  /** Bucket and key of what it is a copy of; undefined when it is none. */
  readonly source: string | undefined;
  readonly before: string;
  readonly tail: string;
  /** Of the object's, and of the one that it was copied from. */
  readonly buckets: readonly BucketRecord[];
  readonly ids: readonly string[];
}

export async function makeAppendPlace(name: string): Promise<AppendPlace> {
  const place = PLACES[name];
  if (place === undefined) throw new Error(`no place ${name}`);
  const { sizes, tailBytes, isCopied } = place;
  const bucket = await uniqueBucket();
  const from = isCopied ? await uniqueBucket() : bucket;
  const [first = 0, ...more] = sizes;
  let before = "a".repeat(first);
  await putObject(from, "k", before);
  for (const size of more) {
    const piece = "b".repeat(size);
    expect((await append(env, `${from}/k`, before.length, piece)).status).toBe(200);
    before += piece;
  }
  if (isCopied) await copied(`${from}/k`, `${bucket}/k`);
  const buckets = await Promise.all([...new Set([bucket, from])].map(recordOf));
  return {
    path: `${bucket}/k`,
    source: isCopied ? `${from}/k` : undefined,
    before,
    tail: "t".repeat(tailBytes),
    buckets,
    ids: buckets.map(({ id }) => id),
  };
}

/** Asks for an append in this environment. */
export function append(
  faulty: Cloudflare.Env,
  path: string,
  offset: number,
  body: string,
  headers: Headers = {},
): Promise<Response> {
  return faultyFetch(faulty, "PUT", `/${path}`, {
    body,
    headers: { "x-amz-write-offset-bytes": String(offset), ...headers },
  });
}

export async function deleteBucket(bucket: string): Promise<void> {
  expect((await signedFetch("DELETE", `/${bucket}`)).status).toBe(204);
}

async function recordOf(bucket: string): Promise<BucketRecord> {
  const record = await bucketDirectoryClient(env.DIRECTORY).find(bucket);
  if (record === undefined) throw new Error(`no bucket ${bucket}`);
  return record;
}
