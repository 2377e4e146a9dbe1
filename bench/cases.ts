import { randomBytes } from "node:crypto";
import type { Api, Payload } from "./api.ts";
import type { Call } from "./connection.ts";
import { Client, type Load } from "./load.ts";
import { putInParts } from "./multipart-upload.ts";
import type { Server } from "./server.ts";
import { percentile } from "./statistics.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** A server that takes part. */
export interface Contestant {
  readonly name: string;
  readonly server: Server;
  /** For a bucket that is there. */
  readonly api: (bucket: string) => Api;
}

/** What is repeated in a case, on one server. */
export interface Rounds {
  /** What a round uses up is made anew before it. */
  readonly prepare?: () => Promise<unknown>;
  readonly run: (seconds: number) => Promise<Load>;
  /** A round is a given amount of work instead of so many seconds, and too much of it to warm up by. */
  readonly isFixed?: boolean;
}

/** One thing to measure, the same on all servers. */
export interface Case {
  readonly name: string;
  /** How a round's figure is told. */
  readonly unit: Unit;
  /** Puts there what the rounds need, and signs their calls. */
  readonly open: (contestant: Contestant) => Promise<Rounds>;
}

export interface Unit {
  readonly figureOf: (load: Load) => number;
  readonly print: (figure: number) => string;
  /** Whether the greater figure is the better one. */
  readonly isRate: boolean;
}

const callsASecond: Unit = {
  figureOf: ({ count, seconds }) => count / seconds,
  print: (figure) => (figure < 100 ? `${figure.toFixed(1)} /s` : `${Math.round(figure)} /s`),
  isRate: true,
};

/** Of the slowest call but one in a hundred. */
const p99: Unit = {
  figureOf: ({ latenciesMs }) => percentile(latenciesMs, 0.99),
  print: (figure) => `${figure.toFixed(1)} ms`,
  isRate: false,
};

const BUCKET = "bench";

interface Size {
  readonly label: string;
  readonly body: Buffer;
  readonly keys: readonly string[];
}

function size(label: string, bytes: number, keyCount: number): Size {
  const keys = Array.from({ length: keyCount }, (_, i) => `${bytes}-${i}`);
  return { label, body: randomBytes(bytes), keys };
}

const SMALL = size("4 KiB", 4 * KIB, 1000);
const MIDDLE = size("64 KiB", 64 * KIB, 300);
const LARGE = size("10 MiB", 10 * MIB, 16);

/** 10,000 keys, in 1,000 folders. */
const LISTED = Array.from({ length: 10_000 }, (_, i) => {
  const folder = String(i % 1000).padStart(3, "0");
  return `folders/${folder}/${Math.floor(i / 1000)}`;
});
const LISTED_BUCKET = "bench-listed";

const PART = randomBytes(8 * MIB);
const PARTS = 128;
const PARTS_KEY = "parts";

const PAYLOAD_NAMES: Readonly<Record<Payload, string>> = {
  unsigned: "",
  signed: ", signed payload",
  trailer: ", CRC32 trailer",
};

/** What Ledge is to be compared by. */
export const CASES: readonly Case[] = [
  ...smallCases(16),
  put(MIDDLE, 16),
  get(MIDDLE, 16),
  put(LARGE, 16),
  get(LARGE, 16),
  list("LIST 1,000 of 10,000 keys"),
  list("LIST 1,000 folders of 10,000 keys", "folders/"),
  putParts(),
  getParts(),
  ...smallCases(64),
  getBesideFolds(),
];

/** What SDKs send instead of an unsigned payload. */
export const PAYLOAD_CASES: readonly Case[] = [SMALL, MIDDLE, LARGE].flatMap((size) => [
  put(size, 16, "signed"),
  put(size, 16, "trailer"),
]);

function smallCases(connections: number): readonly Case[] {
  return [
    put(SMALL, connections),
    get(SMALL, connections),
    get(SMALL, connections, "HEAD"),
    remove(SMALL, connections),
  ];
}

function nameOf(effect: string, { label }: Size, connections: number): string {
  return `${effect} ${label}${connections === 16 ? "" : `, ${connections} connections`}`;
}

function put(size: Size, connections: number, payload: Payload = "unsigned"): Case {
  return {
    name: nameOf("PUT", size, connections) + PAYLOAD_NAMES[payload],
    unit: callsASecond,
    async open({ server, api }) {
      const calls = await putCalls(api(BUCKET), size, payload);
      return { run: (seconds) => new Client(server, connections).repeat(calls, seconds) };
    },
  };
}

function get(size: Size, connections: number, method = "GET"): Case {
  return {
    name: nameOf(method, size, connections),
    unit: callsASecond,
    async open(contestant) {
      const { server, api } = contestant;
      await giveObjects(contestant, size);
      const calls = await forEach(size.keys, (key) => api(BUCKET).call(method, key));
      return { run: (seconds) => new Client(server, connections).repeat(calls, seconds) };
    },
  };
}

/** Each key once: a round is so many keys, which are put there before it. */
function remove(size: Size, connections: number): Case {
  return {
    name: nameOf("DELETE", size, connections),
    unit: callsASecond,
    async open({ server, api }) {
      const client = new Client(server, connections);
      const puts = await putCalls(api(BUCKET), size);
      gifts.get(server)?.delete(size.label);
      const calls = await forEach(size.keys, (key) => api(BUCKET).call("DELETE", key));
      return { prepare: () => client.once(puts), run: () => client.once(calls) };
    },
  };
}

/** A page of keys, or of the folders that they are in. */
function list(name: string, folder?: string): Case {
  return {
    name,
    unit: callsASecond,
    async open(contestant) {
      await giveListed(contestant);
      const calls = [await contestant.api(LISTED_BUCKET).list(folder)];
      return { run: (seconds) => new Client(contestant.server, 16).repeat(calls, seconds) };
    },
  };
}

/** A folding client asks for 1,000 folders among 10,000 keys, again and again. */
function getBesideFolds(): Case {
  return {
    name: "p99 of GET 4 KiB beside 16 folding clients",
    unit: p99,
    async open(contestant) {
      const { server, api } = contestant;
      await giveListed(contestant);
      await giveObjects(contestant, SMALL);
      const folds = [await api(LISTED_BUCKET).list("folders/")];
      const gets = await forEach(SMALL.keys, (key) => api(BUCKET).call("GET", key));
      async function run(seconds: number): Promise<Load> {
        let isOver = false;
        const folding = new Client(server, 16).repeatUntil(folds, () => isOver);
        try {
          return await new Client(server, 1).repeat(gets, seconds);
        } finally {
          isOver = true;
          await folding;
        }
      }
      return { run };
    },
  };
}

/** 1 GiB; a call is a part. */
function putParts(): Case {
  return {
    name: "1 GiB in parts of 8 MiB, up, per part",
    unit: callsASecond,
    open: async (contestant) => ({ isFixed: true, run: () => uploadParts(contestant) }),
  };
}

/** As the transfer managers of SDKs get it: by ranges as long as the parts. */
function getParts(): Case {
  return {
    name: "1 GiB in parts of 8 MiB, down, per part",
    unit: callsASecond,
    async open(contestant) {
      const { server, api } = contestant;
      await give(server, PARTS_KEY, () => uploadParts(contestant));
      const whole = await api(BUCKET).call("GET", PARTS_KEY);
      const calls = Array.from({ length: PARTS }, (_, i): Call => {
        const [from, to] = [i * PART.byteLength, (i + 1) * PART.byteLength - 1];
        return { ...whole, headers: { range: `bytes=${from}-${to}` } };
      });
      return { isFixed: true, run: () => new Client(server, 16).once(calls) };
    },
  };
}

function uploadParts({ server, api }: Contestant): Promise<Load> {
  return putInParts(new Client(server, 16), api(BUCKET), PARTS_KEY, PART, PARTS);
}

function putCalls(
  api: Api,
  { keys, body }: Size,
  payload: Payload = "unsigned",
): Promise<readonly Call[]> {
  return forEach(keys, (key) => api.put(key, body, payload));
}

/** What the servers have been given, so that no case gives it again. */
const gifts = new WeakMap<Server, Set<string>>();

async function give(server: Server, gift: string, effect: () => Promise<unknown>): Promise<void> {
  const given = gifts.get(server) ?? new Set();
  gifts.set(server, given);
  if (given.has(gift)) return;
  await effect();
  given.add(gift);
}

function giveObjects({ server, api }: Contestant, size: Size): Promise<void> {
  return give(server, size.label, async () =>
    new Client(server, 16).once(await putCalls(api(BUCKET), size)),
  );
}

function giveListed({ server, api }: Contestant): Promise<void> {
  return give(server, LISTED_BUCKET, async () => {
    const listed = api(LISTED_BUCKET);
    const client = new Client(server, 16);
    await client.once(await listed.makeBucket());
    await client.once(await forEach(LISTED, (key) => listed.put(key, Buffer.alloc(16))));
  });
}

/** The bucket that all cases but those of listings use. */
export async function makeBucket({ server, api }: Contestant): Promise<void> {
  await new Client(server, 1).once(await api(BUCKET).makeBucket());
}

function forEach(
  keys: readonly string[],
  callOf: (key: string) => Promise<Call>,
): Promise<readonly Call[]> {
  return Promise.all(keys.map(callOf));
}
