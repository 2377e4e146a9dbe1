import {
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { openBlobFile } from "../../../local/blobs/file-body.ts";
import { FixedLengthStream } from "../../../local/streams/fixed-length-stream.ts";
import type { Pourable } from "../../../local/streams/pourable.ts";
import type { BlobRange } from "../../../src/storage/ports/blob-store.ts";
import { bytesOfBody } from "../../support/blob-store-tests.ts";

const KIB = 1024;
const SIZE = 1500 * KIB + 7;
const BYTES = Buffer.alloc(SIZE, "as long as it does not divide the size of a buffer");
const root = mkdtempSync(path.join(tmpdir(), "ledge-body-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
afterEach(() => {
  vi.restoreAllMocks();
});

let files = 0;
function newFile(): string {
  files += 1;
  const file = path.join(root, String(files));
  writeFileSync(file, BYTES);
  return file;
}

function openBody(file: string, range?: BlobRange): Pourable & ReadableStream<Uint8Array> {
  return openBlobFile(file, range).body as unknown as Pourable & ReadableStream<Uint8Array>;
}

/** How often this process has the file open; undefined where the system does not tell. */
function descriptorsOf(file: string): number | undefined {
  if (process.platform !== "linux") return undefined;
  const links = readdirSync("/proc/self/fd").map((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`);
    } catch {
      return "";
    }
  });
  return links.filter((link) => link === file).length;
}

/** What a slow client has read, and until when it reads. */
class Client extends Writable {
  readonly chunks: Buffer[] = [];
  readonly #stopsAfter: number;

  constructor(stopsAfter = Number.POSITIVE_INFINITY) {
    super({ highWaterMark: 1 });
    this.#stopsAfter = stopsAfter;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    // A copy, late: the buffer is not to be written over before.
    setImmediate(() => {
      this.chunks.push(Buffer.from(chunk));
      if (this.chunks.length < this.#stopsAfter) done();
      else this.destroy();
    });
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

const RANGES = [
  [0, 1],
  [SIZE - 1, 1],
  [1, 64 * KIB],
  [1, 64 * KIB + 1],
  [0, 256 * KIB],
  [3, 256 * KIB + 1],
  [0, SIZE],
  [77, SIZE - 77],
] as const;

test.for(RANGES)(
  "bytes from %i, %i of them, are poured, iterated, and piped",
  async ([offset, length]) => {
    const file = newFile();
    const expected = BYTES.subarray(offset, offset + length);
    const client = new Client();
    await Promise.all([openBody(file, { offset, length }).pour(client), finished(client)]);
    expect(client.bytes.equals(expected)).toBe(true);
    expect((await bytesOfBody(openBody(file, { offset, length }))).equals(expected)).toBe(true);

    const { readable, writable } = new FixedLengthStream(length);
    const piping = openBody(file, { offset, length }).pipeTo(writable, { preventClose: true });
    const piped = new Client();
    const pouring = (readable as unknown as Pourable).pour(piped);
    await piping;
    await writable.close();
    await Promise.all([pouring, finished(piped)]);
    expect(piped.bytes.equals(expected)).toBe(true);

    const { readable: web, writable: into } = new TransformStream<Uint8Array, Uint8Array>();
    const webPiping = openBody(file, { offset, length }).pipeTo(into);
    expect((await bytesOfBody(web as AsyncIterable<Uint8Array>)).equals(expected)).toBe(true);
    await webPiping;
    await expect.poll(() => descriptorsOf(file) ?? 0).toBe(0);
  },
);

/** What may become of a body. */
const ENDS: Readonly<
  Record<string, (body: Pourable & ReadableStream<Uint8Array>) => Promise<unknown>>
> = {
  "cancelled before it is read": (body) => body.cancel(),
  "poured to a client that goes after the first chunk": (body) => body.pour(new Client(1)),
  async "poured to a client that has gone already"(body) {
    const client = new Client();
    client.destroy();
    await body.pour(client);
  },
  async "poured to a client that goes while it does not read"(body) {
    const client = new Writable({ highWaterMark: 1, write() {} });
    setTimeout(() => client.destroy(), 5);
    await body.pour(client);
  },
  async "iterated for one chunk"(body) {
    for await (const chunk of body) {
      expect(chunk.byteLength).toBeGreaterThan(0);
      break;
    }
  },
  async "given to a reader that cancels at once"(body) {
    await body.getReader().cancel();
  },
  async "given to a reader that cancels while it waits"(body) {
    const reader = body.getReader();
    const reading = reader.read();
    await reader.cancel();
    await reading.catch(() => undefined);
  },
  async "piped where nobody reads any more"(body) {
    const { readable, writable } = new FixedLengthStream(SIZE);
    await readable.cancel();
    await expect(body.pipeTo(writable, { preventClose: true })).rejects.toThrow();
  },
  async "piped into a stream of the web that has failed"(body) {
    const { writable } = new TransformStream();
    await writable.abort(new Error("gone"));
    await expect(body.pipeTo(writable)).rejects.toThrow("gone");
  },
};

test.for(Object.entries(ENDS))("no file stays open when a body is %s", async ([, end]) => {
  const file = newFile();
  const body = openBody(file);
  expect(descriptorsOf(file) ?? 1).toBe(1);
  await end(body);
  await expect.poll(() => descriptorsOf(file) ?? 0).toBe(0);
});

test("nor when it is forgotten", async () => {
  const file = newFile();
  openBody(file);
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const openNow = (): number => {
    collect();
    return descriptorsOf(file) ?? 0;
  };
  await expect.poll(openNow, { timeout: 10_000 }).toBe(0);
});

test("a file that is cut while it is poured breaks the connection off, and the log says so", async () => {
  const logged = vi.spyOn(console, "error").mockReturnValue();
  const file = newFile();
  const body = openBody(file);
  truncateSync(file, 100 * KIB);
  const client = new Client();
  await body.pour(client);
  expect(client.destroyed).toBe(true);
  expect(client.bytes.byteLength).toBeLessThan(SIZE);
  expect(logged.mock.calls.join("\n")).toContain(file);
  await expect.poll(() => descriptorsOf(file) ?? 0).toBe(0);
});

test("many readers at a time get smaller buffers", async () => {
  const file = newFile();
  const bodies = Array.from({ length: 600 }, () => openBody(file));
  const [first] = bodies;
  const { value } = (await first?.[Symbol.asyncIterator]().next()) ?? {};
  expect(value?.byteLength).toBe(16 * KIB);
  await Promise.all(bodies.map((body) => body.cancel()));
});
