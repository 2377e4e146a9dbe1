import { randomBytes } from "node:crypto";
import { s3Api, signedCall } from "./api.ts";
import type { Call } from "./connection.ts";
import { Client, type Load } from "./load.ts";
import { beginUpload, complete, completeCall, numbersTo, type Upload } from "./multipart-upload.ts";
import { buildPackage, CREDENTIALS, ledgeServe } from "./programs.ts";
import type { Measurement, Table } from "./report.ts";
import { hostOf, type Server, startServer } from "./server.ts";
import { RawSigner } from "../test/support/raw-signer.ts";
import { median, spread } from "./statistics.ts";

const MIB = 1024 * 1024;
const PART = randomBytes(5 * MIB);
const BUCKET = "bench";
const PART_KEY = "part";
const SMALL_KEY = "small";
const LARGE_KEY = "large";

const CONCURRENCY = 16;
const MAX_PARTS = 10_000;
const COMPLETIONS = 3;
const ROUNDS = 7;
const COPIES = 50;

/** 5 GiB against 5 KiB: a copy that moved bytes would take a million times as long. */
const MAX_COPY_RATIO = 1.5;

/**
 * What refers to bytes instead of moving them: the completion of an upload of 10,000 parts, which are copies of one
 * object of 5 MiB, and the copy of an object of 5 GiB beside that of one of 5 KiB. Only on `ledge serve`: it is work of
 * the shard, which is the same everywhere.
 */
export async function measureReferences(): Promise<readonly Table[]> {
  buildPackage();
  await using server = await startServer(ledgeServe("node"));
  const signer = new RawSigner(CREDENTIALS, hostOf(server));
  const api = s3Api(signer, BUCKET);
  const client = new Client(server, CONCURRENCY);
  await client.once(await api.makeBucket());
  await client.once([
    await api.put(PART_KEY, PART),
    await api.put(SMALL_KEY, randomBytes(5 * 1024)),
  ]);

  const copyRates: number[] = [];
  const completionMs: number[] = [];
  for (let i = 0; i < COMPLETIONS; i += 1) {
    const upload = await beginUpload(client, api, "largest", PART, MAX_PARTS);
    copyRates.push(rateOf(await client.once(await partCopies(upload, signer))));
    const completion = await completeCall(upload, api);
    completionMs.push(await time(() => complete(client, completion)));
  }
  const upload = await beginUpload(client, api, LARGE_KEY, PART, 1024);
  await client.once(await partCopies(upload, signer));
  await complete(client, await completeCall(upload, api));

  const copies = await measureCopies(server, signer);
  const line = (name: string, milliseconds: readonly number[], note = ""): Measurement => ({
    name,
    figures: { ms: milliseconds.length === 0 ? "" : median(milliseconds).toFixed(2), "": note },
    target: undefined,
    isMet: undefined,
  });
  const measurements = [
    line("UploadPartCopy of 5 MiB", [], `${Math.round(median(copyRates))} /s`),
    line(`complete ${MAX_PARTS} parts`, completionMs),
    line("copy 5 KiB", copies.small),
    {
      ...line("copy 5 GiB", copies.large, `${spread(copies.ratios)} of 5 KiB`),
      target: `≤ ${MAX_COPY_RATIO.toFixed(1)}`,
      isMet: median(copies.ratios) <= MAX_COPY_RATIO,
    },
  ];
  return [{ title: "What moves no bytes", measurements }];
}

/** One UploadPartCopy for each part, of a source that is the part. */
function partCopies(
  { key, uploadId, partCount }: Upload,
  signer: RawSigner,
): Promise<readonly Call[]> {
  const source = { "x-amz-copy-source": `/${BUCKET}/${PART_KEY}` };
  return Promise.all(
    numbersTo(partCount).map((partNumber) => {
      const query = `partNumber=${partNumber}&uploadId=${encodeURIComponent(uploadId)}`;
      return signedCall(signer, "PUT", `/${BUCKET}/${key}?${query}`, source);
    }),
  );
}

function rateOf({ count, seconds }: Load): number {
  return count / seconds;
}

/** Milliseconds a copy, one after the other, in rounds that alternate. */
async function measureCopies(server: Server, signer: RawSigner) {
  const client = new Client(server, 1);
  const round = async (source: string): Promise<number> =>
    1000 / rateOf(await client.once(await copies(signer, source)));
  await round(SMALL_KEY);
  await round(LARGE_KEY);
  const small: number[] = [];
  const large: number[] = [];
  for (let i = 0; i < ROUNDS; i += 1) {
    small.push(await round(SMALL_KEY));
    large.push(await round(LARGE_KEY));
  }
  return { small, large, ratios: large.map((ms, i) => ms / (small[i] ?? Number.NaN)) };
}

function copies(signer: RawSigner, source: string): Promise<readonly Call[]> {
  const copied = { "x-amz-copy-source": `/${BUCKET}/${source}` };
  return Promise.all(
    numbersTo(COPIES).map((i) =>
      signedCall(signer, "PUT", `/${BUCKET}/${source}-copy-${i}`, copied),
    ),
  );
}

async function time(effect: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await effect();
  return performance.now() - startMs;
}
