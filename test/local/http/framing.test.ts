import { connect } from "node:net";
import { setImmediate, setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Request } from "../../../local/http/request.ts";
import { Response } from "../../../local/http/response.ts";
import { serve } from "../../support/http-handler.ts";
import { pick, seededRandom } from "../../support/seeded-random.ts";

type Random = (bound: number) => number;

const SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

const LENGTHS =
  "BODY|+BODY|-BODY|1|0BODY|BODY, BODY|BODY,0|0x10|1e1| BODY|BODY ||4 4|99999999999999999999|\vBODY|BODY\v";
const CODINGS =
  "chunked|Chunked|xchunked|chunked, identity|identity|gzip, chunked||chunked;q=1|\vchunked|chunked\v|'chunked'";
const ODD_HEADERS =
  "Content-Length : BODY| Content-Length: BODY|Content\0-Length: BODY|Transfer-Encoding : chunked|" +
  "Transfer-Encoding:\r\n chunked|Transfer_Encoding: chunked|X: y\nTransfer-Encoding: chunked|X: y\rTransfer-Encoding: chunked";

/** Headers that frame a body, alone or against one another. `BODY` stands for its right length. */
const FRAMINGS: readonly string[] = [
  ...LENGTHS.split("|").map((value) => `Content-Length: ${value}`),
  ...CODINGS.split("|").map((value) => `Transfer-Encoding: ${value}`),
  ...ODD_HEADERS.split("|"),
];

/** How a chunk's size may be said, or not. `SIZE` stands for the right one. */
const CHUNK_SIZES =
  'SIZE|SIZE|000SIZE|SIZE;a=b|SIZE;a="\n"|SIZE | SIZE|-SIZE|+SIZE|0xSIZE|fffffffffffffffff|8000000000000000|SIZE\n|SIZE\r||g'.split(
    "|",
  );

/** A request whose body has another request in it, as either end may see it. */
function framedRequest(random: Random): string {
  const headers = Array.from({ length: 1 + random(3) }, () => pick(random, FRAMINGS));
  const isChunked = headers.some((header) => /transfer/i.test(header));
  const size = SMUGGLED.length.toString(16);
  const chunk = `${pick(random, CHUNK_SIZES).replace("SIZE", size)}\r\n${SMUGGLED}`;
  const body = isChunked ? `${pick(random, ["", "0\r\n\r\n"])}${chunk}\r\n0\r\n\r\n` : SMUGGLED;
  const lines = headers.map((header) => `${header.replaceAll("BODY", String(body.length))}\r\n`);
  return `PUT /outer HTTP/1.1\r\nHost: h\r\n${lines.join("")}\r\n${body}`;
}

const PIECES = "\r|\n|\r\n| |\t|:|\0|\v|\x7f|\xff|,|;|HTTP/1.1|0|%".split("|");

/** Good requests with some bytes gone, doubled or replaced. */
function damagedRequests(random: Random): string {
  let text = [
    "GET /a?b=c HTTP/1.1\r\nHost: h\r\nX-A: b, c\r\n\r\n",
    "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nbody",
    "PUT /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nbody\r\n0\r\nX-T: 1\r\n\r\n",
    "HEAD / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n",
  ]
    .slice(random(4))
    .join("");
  for (let count = 1 + random(3); count > 0; count -= 1) {
    const at = random(text.length);
    const goneBytes = random(4);
    text = text.slice(0, at) + pick(random, ["", ...PIECES]) + text.slice(at + goneBytes);
  }
  return text;
}

/** What a handler has seen on one connection, and all that came back. */
interface Outcome {
  readonly seen: readonly string[];
  readonly answers: readonly number[];
}

/** By the connection under test: there is one at a time. */
let seen: string[] = [];

async function handler({ method, url, headers, body }: Request): Promise<Response> {
  const seenHere = seen;
  let length: number | string = 0;
  try {
    for (let chunks = await body?.take(1); chunks !== undefined; chunks = await body?.take(1))
      length += Buffer.concat(chunks).byteLength;
  } catch {
    length = "broken";
  }
  seenHere.push(`${method} ${url} ${headers.get("host")} ${length}`);
  return new Response("seen", { status: length === "broken" ? 400 : 200 });
}

/** Sends the bytes in one piece, or in several, and reads to the end. */
async function outcomeOf(port: number, bytes: Buffer, cuts: readonly number[]): Promise<Outcome> {
  seen = [];
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
  let received = "";
  socket.on("data", (chunk) => (received += chunk.toString("latin1")));
  const closed = new Promise<string>((resolve) => {
    socket.once("end", () => resolve("end")).once("error", () => resolve("reset"));
  });
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    socket.write(bytes.subarray(from, to));
    from = to;
    await setImmediate();
  }
  socket.end();
  const how = await Promise.race([closed, setTimeout(5000, "hangs")]);
  socket.destroy();
  expect(how, received).toBe("end");
  return { seen, answers: statusesIn(received) };
}

/** Takes apart what came back, which has to be whole answers. */
function statusesIn(received: string): number[] {
  const statuses: number[] = [];
  for (let rest = received; rest !== "";) {
    const [head, status] =
      /^HTTP\/1\.1 (\d{3}) [A-Z][A-Za-z ]+\r\n(?:[\w-]+: [^\r\n]*\r\n)*\r\n/.exec(rest) ?? [];
    if (head === undefined) throw new Error(`no answer: ${JSON.stringify(rest)}`);
    const length = Number(/^content-length: (\d+)\r$/im.exec(head)?.[1] ?? 0);
    const body = rest.slice(head.length, head.length + length);
    // The answer to a HEAD has none.
    const isThere = body === "seen" || body.endsWith("</Error>");
    rest = rest.slice(head.length + (isThere ? length : 0));
    if (isThere) expect(body.length, received).toBe(length);
    if (body.endsWith("</Error>")) expect(head).toMatch(/\r\nx-amz-request-id: \w+\r\n/);
    statuses.push(Number(status));
  }
  return statuses.filter((status) => status !== 100);
}

test(
  "a request in another's body is never carried out, whatever frames it",
  { timeout: 60_000 },
  async () => {
    const random = seededRandom(1);
    const port = await serve(handler);
    let refusals = 0;
    for (let round = 0; round < 1500; round += 1) {
      const text = framedRequest(random);
      const { seen, answers } = await outcomeOf(port, Buffer.from(text, "latin1"), []);
      const isWhole = seen.every((request) => !request.includes("smuggled"));
      expect(isWhole, JSON.stringify({ text, seen })).toBe(true);
      for (const status of answers) expect([200, 400, 405], text).toContain(status);
      if (answers.some((status) => status >= 400)) refusals += 1;
    }
    expect(refusals).toBeGreaterThan(1000);
    expect(refusals).toBeLessThan(1500);
  },
);

test(
  "damaged requests are read in one way, however they arrive, and always answered",
  { timeout: 60_000 },
  async () => {
    const random = seededRandom(2);
    const port = await serve(handler);
    for (let round = 0; round < 1000; round += 1) {
      const bytes = Buffer.from(damagedRequests(random), "latin1");
      const whole = await outcomeOf(port, bytes, []);
      const cuts = [random(bytes.length), random(bytes.length)].sort((a, b) => a - b);
      const inPieces = await outcomeOf(port, bytes, cuts);
      expect(inPieces, JSON.stringify({ text: bytes.toString("latin1"), cuts })).toEqual(whole);
      for (const status of whole.answers) expect([200, 400, 405]).toContain(status);
    }
  },
);
