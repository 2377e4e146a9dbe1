import { setTimeout } from "node:timers/promises";
import { BARE_API, s3Api } from "./api.ts";
import { type Case, CASES, type Contestant, makeBucket } from "./cases.ts";
import { compare, type Sample, type Samples } from "./compare.ts";
import { findPeer } from "./peers.ts";
import { canSeeProcesses, usageOf } from "./processes.ts";
import { BARE_SERVER, buildPackage, CREDENTIALS, hasWorkerd, ledgeServe } from "./programs.ts";
import type { Measurement, Table } from "./report.ts";
import { hostOf, type Program, type Server, startServer } from "./server.ts";
import { median, spread } from "./statistics.ts";
import { type Credentials, RawSigner } from "../test/support/raw-signer.ts";

const LEDGE = "Ledge";
const WORKERD = "on workerd";
const BARE = "bare";
const STARTS = 5;

/** Between the last case and the last look at the memory. */
const REST_MS = 10_000;

interface Options {
  /** Names of peers. */
  readonly against: readonly string[];
  /** Only the cases whose names contain it. */
  readonly namePart: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly dataRoot: string | undefined;
}

/** Someone who may take part. */
interface Entrant {
  readonly name: string;
  readonly program: Program;
  /** undefined: it wants none, and is no S3 server. */
  readonly credentials: Credentials | undefined;
  /** Before it answers a PUT. */
  readonly syncs: string;
}

/** What Ledge is to reach beside someone: at least so many times the rate, and at most so much of the CPU time. */
interface Goal {
  readonly beside: string;
  readonly cases: RegExp;
  readonly rate: number;
  readonly cpu?: number;
}

const GOALS: readonly Goal[] = [
  { beside: WORKERD, cases: /^(GET|HEAD|PUT) 4 KiB$/, rate: 2.5, cpu: 0.4 },
  { beside: "minio", cases: /^[^p]/, rate: 1 },
  { beside: "versitygw", cases: /^(GET|HEAD|PUT) 4 KiB$/, rate: 1 },
  { beside: BARE, cases: /^(GET|PUT) 10 MiB$/, rate: 0.9 },
];

/** What the bare server is for. */
const BARE_CASES = /10 MiB/;

/** Ledge on both of its local platforms, other servers, and a bare one, in one run on one machine. */
export async function measureSideBySide(options: Options): Promise<readonly Table[]> {
  if (!canSeeProcesses("side by side")) return [];
  buildPackage();
  const entrants = entrantsOf(options.against);
  const ready = await readyTimes(entrants, options);
  await using stack = new AsyncDisposableStack();
  const contestants: Contestant[] = [];
  for (const entrant of entrants) {
    const server = stack.use(await startServer(entrant.program, options));
    const contestant = { name: entrant.name, server, api: apiOf(entrant, server) };
    await makeBucket(contestant);
    contestants.push(contestant);
  }
  const memory = contestants.map(({ server }) => [usageOf(server.pid).residentMib]);
  const results: { readonly one: Case; readonly samples: Samples }[] = [];
  for (const one of CASES.filter(({ name }) => name.includes(options.namePart))) {
    const { rounds, seconds } = options;
    const able = contestants.filter(({ name }) => name !== BARE || BARE_CASES.test(one.name));
    const samples = await compare(one, able, rounds, seconds, (name) => name === LEDGE);
    results.push({ one, samples });
    for (const [i, { server }] of contestants.entries())
      memory[i]?.push(usageOf(server.pid).residentMib);
    console.error(`${one.name}: done`);
  }
  await setTimeout(REST_MS);
  for (const [i, { server }] of contestants.entries())
    memory[i]?.push(usageOf(server.pid).residentMib);
  const tookPart = (name: string): boolean => results.some(({ samples }) => samples.has(name));
  const names = entrants.map(({ name }) => name).filter(tookPart);
  return [
    {
      title: "Figures, and CPU time a call",
      measurements: results.map(({ one, samples }) => figures(one, samples, names)),
    },
    ...(["rate", "cpu"] as const).map((kind) => ({
      title:
        kind === "rate"
          ? `${LEDGE}'s rate, in those of others`
          : `${LEDGE}'s CPU time, in that of others`,
      measurements: results.map(({ one, samples }) => ratios(kind, one, samples, names.slice(1))),
    })),
    {
      title: "Servers",
      measurements: entrants.map((entrant, i) =>
        aboutServer(entrant, ready[i] ?? [], memory[i] ?? []),
      ),
    },
  ];
}

function entrantsOf(against: readonly string[]): readonly Entrant[] {
  const ledge = { credentials: CREDENTIALS };
  const peers = against.flatMap((name): readonly Entrant[] => {
    const peer = findPeer(name);
    if (peer === undefined) return [];
    const { started: program, credentials, syncs } = peer;
    return [{ name, program, credentials, syncs }];
  });
  if (!hasWorkerd()) console.error("workerd: skipped, it is not installed");
  return [
    { ...ledge, name: LEDGE, program: ledgeServe("node"), syncs: "data, row, folder" },
    ...(hasWorkerd()
      ? [{ ...ledge, name: WORKERD, program: ledgeServe("workerd"), syncs: "row" }]
      : []),
    ...peers,
    { name: BARE, program: BARE_SERVER, credentials: undefined, syncs: "data, folder" },
  ];
}

function apiOf({ credentials }: Entrant, server: Server): Contestant["api"] {
  if (credentials === undefined) return () => BARE_API;
  const signer = new RawSigner(credentials, hostOf(server));
  return (bucket) => s3Api(signer, bucket);
}

/** Of empty servers that each have the machine for themselves, in turn. */
async function readyTimes(
  entrants: readonly Entrant[],
  options: Options,
): Promise<readonly (readonly number[])[]> {
  const times = entrants.map((): number[] => []);
  for (let i = 0; i < STARTS; i += 1) {
    for (const [at, { program }] of entrants.entries()) {
      await using server = await startServer(program, options);
      times[at]?.push(server.readyMs);
    }
  }
  return times;
}

function figures(one: Case, samples: Samples, names: readonly string[]): Measurement {
  const { unit } = one;
  const cell = (of: readonly Sample[]): string => {
    if (of.length === 0 || of.some(({ figure }) => Number.isNaN(figure))) return "";
    const figure = unit.print(median(of.map(({ figure }) => figure)));
    const cpu = median(of.map(({ cpuMicroseconds }) => cpuMicroseconds));
    return unit.isRate ? `${figure} · ${Math.round(cpu)} µs` : figure;
  };
  return {
    name: one.name,
    figures: Object.fromEntries(names.map((name) => [name, cell(samples.get(name) ?? [])])),
    target: undefined,
    isMet: undefined,
  };
}

/** Of each round: its median, and its range. A time is turned round, so that more than 1 is always better for a rate. */
function ratios(
  kind: "rate" | "cpu",
  one: Case,
  samples: Samples,
  others: readonly string[],
): Measurement {
  const own = samples.get(LEDGE) ?? [];
  const isRate = kind === "rate";
  const beside = (name: string): readonly number[] =>
    (samples.get(name) ?? []).map((other, round) => {
      const mine = own[round];
      if (mine === undefined) return Number.NaN;
      if (!isRate) return mine.cpuMicroseconds / other.cpuMicroseconds;
      return one.unit.isRate ? mine.figure / other.figure : other.figure / mine.figure;
    });
  const isShown = isRate || one.unit.isRate;
  const goals = GOALS.flatMap(({ beside: name, cases, rate, cpu }) => {
    const bound = isRate ? rate : cpu;
    const values = beside(name);
    if (!cases.test(one.name) || bound === undefined || values.length === 0) return [];
    const value = median(values);
    const target = `${isRate ? "≥" : "≤"} ${bound} ${name}`;
    return [{ target, isMet: isRate ? value >= bound : value <= bound }];
  });
  return {
    name: one.name,
    figures: Object.fromEntries(
      others.map((name) => {
        const values = isShown ? beside(name) : [];
        return [name, values.length === 0 ? "" : spread(values)];
      }),
    ),
    target: goals.length === 0 ? undefined : goals.map(({ target }) => target).join(", "),
    isMet: goals.length === 0 ? undefined : goals.every(({ isMet }) => isMet),
  };
}

const MAX_READY_MS = 150;
const MAX_RESIDENT_MIB = 250;

/** @param memory at the beginning, after each case, and after a rest */
function aboutServer(
  { name, syncs }: Entrant,
  readyMs: readonly number[],
  memory: readonly number[],
): Measurement {
  const at = (share: number): number =>
    Math.round(memory[Math.floor((memory.length - 1) * share)] ?? Number.NaN);
  const after = at(1);
  const ready = Math.round(median(readyMs));
  const isOurs = name === LEDGE;
  return {
    name,
    figures: {
      "ready ms": ready,
      "MiB idle": at(0),
      half: at(0.5),
      most: Math.round(Math.max(...memory)),
      after,
      syncs,
    },
    target: isOurs ? `< ${MAX_READY_MS} ms, < ${MAX_RESIDENT_MIB} MiB` : undefined,
    isMet: isOurs ? ready < MAX_READY_MS && after < MAX_RESIDENT_MIB : undefined,
  };
}
