import { createHash, randomBytes } from "node:crypto";
import { RawSigner } from "../test/support/raw-signer.ts";
import { type Api, s3Api, signedCall } from "./api.ts";
import { CASES, type Contestant, makeBucket } from "./cases.ts";
import { compare } from "./compare.ts";
import { buildPackage, CREDENTIALS, LEDGE_DEV, ledgeServe } from "./programs.ts";
import type { Measurement, Table } from "./report.ts";
import { hostOf, type Program, startServer } from "./server.ts";
import { median, spread } from "./statistics.ts";

const ROUNDS = 5;

const MEASURED = /^(?:PUT|GET) (?:4 KiB|10 MiB)$/;

const METHOD = "x-amz-server-side-encryption";

interface Mode {
  readonly name: string;
  /** Of each request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Its uploads say more than its downloads. */
  readonly putHeaders?: Readonly<Record<string, string>>;
  /** What the ratio of 10 MiB is to reach. */
  readonly target: number;
}

const PLAIN: Mode = { name: "plain", headers: {}, target: 1 };

const MODES: readonly Mode[] = [
  { name: "SSE-C", headers: customerKey(), target: 0.8 },
  { name: "SSE-KMS", headers: {}, putHeaders: { [METHOD]: "aws:kms" }, target: 0.8 },
  { name: "SSE-S3", headers: {}, putHeaders: { [METHOD]: "AES256" }, target: 0.6 },
];

function customerKey(): Readonly<Record<string, string>> {
  const key = randomBytes(32);
  return {
    [`${METHOD}-customer-algorithm`]: "AES256",
    [`${METHOD}-customer-key`]: key.toString("base64"),
    [`${METHOD}-customer-key-md5`]: createHash("md5").update(key).digest("base64"),
  };
}

/** What encryption costs: uploads and downloads beside those of plain objects, of the same server in turns. */
export async function measureEncryption(
  namePart: string,
  seconds: number,
): Promise<readonly Table[]> {
  buildPackage();
  return [
    await measure("ledge serve", ledgeServe("node"), MODES, namePart, seconds),
    // It has no MASTER_KEY.
    await measure("npm run dev", LEDGE_DEV, MODES.slice(0, 1), namePart, seconds),
  ];
}

async function measure(
  title: string,
  program: Program,
  modes: readonly Mode[],
  namePart: string,
  seconds: number,
): Promise<Table> {
  await using server = await startServer(program);
  const signer = new RawSigner(CREDENTIALS, hostOf(server));
  const contestants = [PLAIN, ...modes].map((mode): Contestant => ({
    name: mode.name,
    // What each is given is its own.
    server: { ...server },
    api: (bucket) => encryptedApi(signer, `${bucket}-${mode.name.toLowerCase()}`, mode),
  }));
  for (const contestant of contestants) await makeBucket(contestant);
  const measurements: Measurement[] = [];
  for (const one of CASES) {
    if (!MEASURED.test(one.name) || !one.name.includes(namePart)) continue;
    const samples = await compare(one, contestants, ROUNDS, seconds, () => true);
    const figuresOf = ({ name }: Mode): readonly number[] =>
      (samples.get(name) ?? []).map(({ figure }) => figure);
    const cpuOf = ({ name }: Mode): number =>
      Math.round(median((samples.get(name) ?? []).map(({ cpuMicroseconds }) => cpuMicroseconds)));
    const plain = figuresOf(PLAIN);
    for (const mode of modes) {
      const figures = figuresOf(mode);
      const ratios = figures.map((figure, round) => figure / (plain[round] ?? Number.NaN));
      const hasTarget = one.name.includes("10 MiB");
      measurements.push({
        name: `${one.name}, ${mode.name}`,
        figures: {
          encrypted: one.unit.print(median(figures)),
          plain: one.unit.print(median(plain)),
          ratio: spread(ratios),
          "CPU of a call": `${cpuOf(mode)} µs`,
          "CPU, plain": `${cpuOf(PLAIN)} µs`,
        },
        target: hasTarget ? `≥ ${mode.target.toFixed(1)}` : undefined,
        isMet: hasTarget ? median(ratios) >= mode.target : undefined,
      });
    }
  }
  return { title: `Encryption, ${title}`, measurements };
}

/** Signed in headers, as plain requests are here, since a presigned URL cannot have a customer's key. */
function encryptedApi(signer: RawSigner, bucket: string, mode: Mode): Api {
  const pathOf = (key: string): string => `/${bucket}/${key}`;
  return {
    ...s3Api(signer, bucket),
    call: (method, key) => signedCall(signer, method, pathOf(key), mode.headers),
    async put(key, body) {
      const headers = mode.putHeaders ?? mode.headers;
      return { ...(await signedCall(signer, "PUT", pathOf(key), headers)), body };
    },
  };
}
