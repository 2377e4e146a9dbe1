import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { ulid } from "../../src/lib/ulid.ts";
import type { BlobSource, BlobStore } from "../../src/storage/ports/blob-store.ts";
import { expectSameBytes, patternOf } from "./bytes.ts";

let prefixes = 0;

export function newPrefix(): string {
  prefixes += 1;
  return `blob-store-${prefixes}-${crypto.randomUUID()}/0/`;
}

export function sourceOf(bytes: Uint8Array, pieces = 3): BlobSource {
  return {
    sizeBytes: bytes.byteLength,
    native: undefined,
    async *chunks() {
      const size = Math.ceil(bytes.byteLength / pieces);
      for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
    },
  };
}

function nativeSourceOf(bytes: Uint8Array<ArrayBuffer>): BlobSource {
  const native = new Response(bytes).body ?? undefined;
  return { ...sourceOf(bytes), native };
}

export const hexOf = (algorithm: string, bytes: Uint8Array): string =>
  createHash(algorithm).update(bytes).digest("hex");

export async function bytesOfBody(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What every adapter of the port does, each in the way of its own platform. */
export function testBlobStore(store: BlobStore): void {
  async function readAll(id: string, range?: { offset: number; length: number }): Promise<Buffer> {
    return bytesOfBody((await store.read(id, range)).body);
  }

  test.for([0, 1, 70_000, 3_000_000])(
    "gives back the %i bytes that were written, and their MD5",
    async (length) => {
      const bytes = patternOf(length);
      for (const source of [sourceOf(bytes), nativeSourceOf(bytes)]) {
        const id = newPrefix() + ulid(Date.now());
        expect(await store.write(id, source, undefined)).toEqual({
          ok: true,
          md5Hex: hexOf("md5", bytes),
        });
        expect((await readAll(id)).equals(bytes)).toBe(true);
      }
    },
  );

  test("gives back any range, and tells how long the whole is", async () => {
    const id = newPrefix() + ulid(Date.now());
    const bytes = patternOf(10_000);
    await store.write(id, sourceOf(bytes), undefined);
    const whole = await store.read(id, undefined);
    await whole.body.cancel();
    expect(whole.sizeBytes).toBe(10_000);
    for (const [offset, length] of [
      [0, 1],
      [9999, 1],
      [5, 9000],
      [0, 10_000],
    ] as const) {
      const { body, sizeBytes } = await store.read(id, { offset, length });
      expect(sizeBytes).toBe(10_000);
      expectSameBytes(await bytesOfBody(body), bytes.subarray(offset, offset + length));
    }
  });

  test("tells how long a blob is that ends before the range does, or throws", async () => {
    const id = newPrefix() + ulid(Date.now());
    await store.write(id, sourceOf(patternOf(10)), undefined);
    const { body, sizeBytes } = await store.read(id, { offset: 5, length: 10 });
    await body.cancel();
    expect(sizeBytes).toBe(10);
    await expect(store.read(id, { offset: 10, length: 5 })).rejects.toThrow();
  });

  test.for(["sha1", "sha256"] as const)(
    "verifies the %s that it is given, and keeps nothing that differs",
    async (algorithm) => {
      const prefix = newPrefix();
      const bytes = patternOf(50_000);
      for (const source of [sourceOf, nativeSourceOf]) {
        const right = { algorithm, hex: hexOf(algorithm, bytes) };
        expect(await store.write(prefix + ulid(Date.now()), source(bytes), right)).toMatchObject({
          ok: true,
        });
        const wrong = { algorithm, hex: hexOf(algorithm, patternOf(1)) };
        expect(await store.write(prefix + ulid(Date.now()), source(bytes), wrong)).toEqual({
          ok: false,
          reason: "digest",
        });
      }
      expect((await store.list(prefix, "")).ids).toHaveLength(2);
    },
  );

  test("throws what its source throws, and keeps nothing", async () => {
    const prefix = newPrefix();
    const broken: BlobSource = {
      ...sourceOf(patternOf(100_000)),
      async *chunks() {
        yield patternOf(50_000);
        throw new Error("the client hung up");
      },
    };
    const writing = store.write(prefix + ulid(Date.now()), broken, undefined);
    await expect(writing).rejects.toThrow("the client hung up");
    expect(await store.list(prefix, "")).toEqual({ ids: [], next: undefined });
  });

  test("refuses a source of fewer bytes than it said, and keeps nothing", async () => {
    const prefix = newPrefix();
    const short = { ...sourceOf(patternOf(10)), sizeBytes: 20 };
    await expect(store.write(prefix + ulid(Date.now()), short, undefined)).rejects.toThrow();
    expect((await store.list(prefix, "")).ids).toEqual([]);
  });

  test("lists ids in their order, after any of them, a page at a time", async () => {
    const prefix = newPrefix();
    const day = 86_400_000;
    const ids = [0, 1, 20_000, 40_000, day, 13 * day, 13 * day + 1].map(
      (ms) => prefix + ulid(1_700_000_000_000 + ms),
    );
    for (const id of ids.toReversed()) await store.write(id, sourceOf(patternOf(1)), undefined);
    for (const [at, after] of ["", ...ids].entries())
      expect(await store.list(prefix, after)).toEqual({ ids: ids.slice(at), next: undefined });
    expect((await store.list(newPrefix(), "")).ids).toEqual([]);
  });

  test("deletes what exists, and does not mind what does not", async () => {
    const prefix = newPrefix();
    const [kept, gone, never] = [1, 2, 3].map((ms) => prefix + ulid(1_700_000_000_000 + ms)) as [
      string,
      string,
      string,
    ];
    for (const id of [kept, gone]) await store.write(id, sourceOf(patternOf(1)), undefined);
    await store.delete([gone, never]);
    expect((await store.list(prefix, "")).ids).toEqual([kept]);
    await expect(store.read(gone, undefined)).rejects.toThrow();
  });
}

const FRAME = 65_536 + 16;

/** What may be done to the frames on the disk. */
const DAMAGES: Readonly<Record<string, (frames: Uint8Array[]) => Uint8Array[]>> = {
  ...Object.fromEntries(
    [0, 1, 2].flatMap((at) =>
      [0, 100, -1].map((byte) => [
        `bit ${byte} of frame ${at} flipped`,
        (frames: Uint8Array[]) => frames.with(at, flipped(frames[at] ?? new Uint8Array(), byte)),
      ]),
    ),
  ),
  "frames swapped": ([a, b, ...rest]) => [b, a, ...rest].flatMap((frame) => frame ?? []),
  "the first frame dropped": ([, ...rest]) => rest,
  "a frame in the middle dropped": (frames) => frames.toSpliced(1, 1),
  "the last frame dropped": (frames) => frames.slice(0, -1),
  "the last frame cut": (frames) => frames.with(2, frames[2]?.subarray(0, -1) ?? new Uint8Array()),
  "a frame repeated": (frames) => frames.toSpliced(1, 0, frames[1] ?? new Uint8Array()),
  "a frame in another's place": (frames) => frames.with(1, frames[0] ?? new Uint8Array()),
  "a byte added": (frames) => [...frames, Uint8Array.of(0)],
  "all gone": () => [],
};

function flipped(frame: Uint8Array, byte: number): Uint8Array {
  const at = byte < 0 ? frame.byteLength + byte : byte;
  return frame.with(at, (frame[at] ?? 0) ^ 1);
}

/** What every adapter does with keys. */
export function testEncryptedBlobStore(store: BlobStore): void {
  const key = (): Uint8Array => crypto.getRandomValues(new Uint8Array(32));

  for (const keys of [[key()], [key(), key()]] as const)
    test.for([0, 1, 65_535, 65_536, 65_537, 131_072, 1_200_000])(
      `stores %i bytes with ${keys.length} keys, and reads them in ranges`,
      async (length) => {
        const bytes = patternOf(length);
        for (const source of [sourceOf(bytes), sourceOf(bytes, 7), nativeSourceOf(bytes)]) {
          const id = newPrefix() + ulid(Date.now());
          const expected = { algorithm: "sha256", hex: hexOf("sha256", bytes) } as const;
          const written = await store.write(id, source, expected, { keys });
          expect(written).toEqual({ ok: true, md5Hex: hexOf("md5", bytes) });
          const whole = await store.read(id, undefined, keys);
          expect(whole.sizeBytes).toBe(length);
          expect((await bytesOfBody(whole.body)).equals(bytes)).toBe(true);
          for (const offset of [0, 1, 65_535, 65_536, 131_071, 1_199_999])
            for (const end of [offset + 1, 65_536, 65_537, 131_072, length]) {
              if (end <= offset || end > length) continue;
              const range = { offset, length: end - offset };
              const part = await bytesOfBody((await store.read(id, range, keys)).body);
              expect(part.equals(bytes.subarray(offset, end)), `${offset} to ${end}`).toBe(true);
            }
        }
      },
    );

  test("keeps nothing of the plain bytes", async () => {
    const id = newPrefix() + ulid(Date.now());
    const bytes = Buffer.from("plain text ".repeat(10_000));
    await store.write(id, sourceOf(bytes), undefined, { keys: [key()] });
    const stored = await bytesOfBody((await store.read(id, undefined)).body);
    expect(stored.byteLength).toBe(bytes.byteLength + 2 * 16);
    expect(stored.includes("plain text")).toBe(false);
  });

  test("verifies the digest of the plain bytes", async () => {
    const id = newPrefix() + ulid(Date.now());
    const expected = { algorithm: "sha1", hex: hexOf("sha1", patternOf(1)) } as const;
    for (const length of [0, 70_000]) {
      const written = store.write(id, sourceOf(patternOf(length)), expected, { keys: [key()] });
      expect(await written).toEqual({ ok: false, reason: "digest" });
    }
  });

  test("computes no MD5 that nobody wants", async () => {
    const id = newPrefix() + ulid(Date.now());
    const options = { keys: [key()], wantsMd5: false } as const;
    const written = await store.write(id, sourceOf(patternOf(70_000)), undefined, options);
    expect(written).toEqual({ ok: true, md5Hex: "" });
  });

  /** What there is to read before it breaks off. */
  async function readUntilBroken(id: string, keys: readonly [Uint8Array]): Promise<number> {
    let readBytes = 0;
    const reading = (async () => {
      for await (const chunk of (await store.read(id, undefined, keys)).body)
        readBytes += chunk.byteLength;
    })();
    await expect(reading).rejects.toThrow();
    return readBytes;
  }

  const length = 2 * 65_536 + 1000;

  test.for(Object.keys(DAMAGES))("breaks off a read of a blob with %s", async (name) => {
    const keys = [key()] as const;
    const [id, damagedId] = [newPrefix(), newPrefix()].map((prefix) => prefix + ulid(Date.now()));
    await store.write(id ?? "", sourceOf(patternOf(length)), undefined, { keys });
    const stored = await bytesOfBody((await store.read(id ?? "", undefined)).body);
    const frames = [0, 1, 2].map(
      (n) => new Uint8Array(stored.subarray(n * FRAME, (n + 1) * FRAME)),
    );
    const damaged = Buffer.concat(DAMAGES[name]?.(frames) ?? []);
    await store.write(damagedId ?? "", sourceOf(damaged), undefined);
    if (name === "all gone") {
      // It opens as what it is: a blob without bytes, which no row refers to.
      expect((await store.read(damagedId ?? "", undefined, keys)).sizeBytes).toBe(0);
      return;
    }
    expect(await readUntilBroken(damagedId ?? "", keys)).toBeLessThan(length);
  });

  test("does not open a blob with another key", async () => {
    const id = newPrefix() + ulid(Date.now());
    await store.write(id, sourceOf(patternOf(length)), undefined, { keys: [key()] });
    expect(await readUntilBroken(id, [key()])).toBe(0);
  });
}
