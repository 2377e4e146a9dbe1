import { randomBytes } from "node:crypto";
import { createBucket } from "./cases.ts";
import { type Call, Client } from "./load.ts";
import { beginUpload, complete, completeCall, copyCalls } from "./multipart-upload.ts";
import type { Measurement } from "./report.ts";
import { hostOf, localCredentials, type Server, startLedge } from "./server.ts";
import { RawSigner, UNSIGNED_PAYLOAD } from "../test/support/raw-signer.ts";
import { median, spread } from "./statistics.ts";

const MIB = 1024 * 1024;
const PART = randomBytes(5 * MIB);
const PART_PATH = "/bench/part";
const SMALL_PATH = "/bench/small";
const LARGE_PATH = "/bench/large";

const CONCURRENCY = 16;
const MAX_PARTS = 10_000;
const COMPLETIONS = 3;
const ROUNDS = 7;
const COPIES = 50;

/** 5 GiB against 5 KiB: a copy that moved bytes would take a million times as long. */
const MAX_COPY_RATIO = 1.5;

/**
 * What refers to bytes instead of moving them: the completion of an upload of 10,000 parts, which are copies of one
 * object of 5 MiB, and the copy of an object of 5 GiB beside that of one of 5 KiB. Only on `npm start`: it is work of the
 * shard, which is the same everywhere.
 */
export async function measureReferences(): Promise<readonly Measurement[]> {
  await using server = await startLedge();
  const signer = new RawSigner(await localCredentials(), hostOf(server));
  const client = new Client(server, CONCURRENCY);
  await client.once([await createBucket(signer)]);
  await client.once([
    await put(signer, PART_PATH, PART),
    await put(signer, SMALL_PATH, randomBytes(5 * 1024)),
  ]);

  const copyRates: number[] = [];
  const completionMs: number[] = [];
  for (let i = 0; i < COMPLETIONS; i += 1) {
    const upload = await beginUpload(client, signer, "/bench/largest", PART, MAX_PARTS);
    copyRates.push(await client.once(await copyCalls(upload, signer, PART_PATH)));
    const completion = await completeCall(upload, signer);
    completionMs.push(await time(() => complete(client, completion)));
  }
  const upload = await beginUpload(client, signer, LARGE_PATH, PART, 1024);
  await client.once(await copyCalls(upload, signer, PART_PATH));
  await complete(client, await completeCall(upload, signer));
  client.close();

  const copies = await measureCopies(server, signer);
  const line = (name: string, milliseconds: readonly number[], note = ""): Measurement => ({
    name,
    figures: { ms: milliseconds.length === 0 ? "" : median(milliseconds).toFixed(2), "": note },
    target: undefined,
    isMet: undefined,
  });
  return [
    line("UploadPartCopy of 5 MiB", [], `${Math.round(median(copyRates))} /s`),
    line(`complete ${MAX_PARTS} parts`, completionMs),
    line("copy 5 KiB", copies.small),
    {
      ...line("copy 5 GiB", copies.large, `${spread(copies.ratios)} of 5 KiB`),
      target: `≤ ${MAX_COPY_RATIO.toFixed(1)}`,
      isMet: median(copies.ratios) <= MAX_COPY_RATIO,
    },
  ];
}

/** Milliseconds a copy, one after the other, in rounds that alternate. */
async function measureCopies(server: Server, signer: RawSigner) {
  const client = new Client(server, 1);
  const round = async (source: string): Promise<number> =>
    1000 / (await client.once(await copies(signer, source)));
  await round(SMALL_PATH);
  await round(LARGE_PATH);
  const small: number[] = [];
  const large: number[] = [];
  for (let i = 0; i < ROUNDS; i += 1) {
    small.push(await round(SMALL_PATH));
    large.push(await round(LARGE_PATH));
  }
  client.close();
  return { small, large, ratios: large.map((ms, i) => ms / (small[i] ?? Number.NaN)) };
}

function copies(signer: RawSigner, source: string): Promise<readonly Call[]> {
  const paths = Array.from({ length: COPIES }, (_, i) => `${source}-copy-${i}`);
  const copied = { "x-amz-copy-source": source };
  return Promise.all(
    paths.map(async (path) => ({
      method: "PUT",
      path,
      headers: await signer.sign("PUT", path, UNSIGNED_PAYLOAD, copied),
    })),
  );
}

async function put(signer: RawSigner, path: string, body: Buffer): Promise<Call> {
  return { method: "PUT", path: await signer.presign("PUT", path), body };
}

async function time(effect: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await effect();
  return performance.now() - startMs;
}
