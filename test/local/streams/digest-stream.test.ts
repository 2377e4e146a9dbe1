import { describe, expect, test } from "vitest";
import { DigestStream } from "../../../local/streams/digest-stream.ts";
import { crc } from "../../../src/lib/crc.ts";
import VECTORS from "../../vectors/checksums/crc.json";

const ALGORITHMS = { crc32c: "CRC32C", crc64nvme: "CRC64NVME" } as const;

async function digestOf(name: string, chunks: readonly Uint8Array[]): Promise<string> {
  const stream = new DigestStream(name);
  const writer = stream.getWriter();
  for (const chunk of chunks) await writer.write(chunk);
  await writer.close();
  return Buffer.from(await stream.digest).toString("hex");
}

/** The same each time. */
const bytesOf = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => ((i + seed) * 2654435761) >>> 13);

describe.for(Object.entries(ALGORITHMS))("%s", ([name, algorithm]) => {
  test.for(VECTORS.filter((vector) => vector.crc === algorithm))(
    "is as in $source",
    async ({ hex, times, expected }) => {
      const bytes = Buffer.from(hex.repeat(times), "hex");
      expect(await digestOf(name, [bytes])).toBe(expected);
    },
  );

  test("of nothing is that of no bytes", async () => {
    const expected = Buffer.from(crc(algorithm, new Uint8Array())).toString("hex");
    expect(await digestOf(name, [])).toBe(expected);
    expect(await digestOf(name, [new Uint8Array()])).toBe(expected);
  });

  test("does not depend on how the bytes are cut into chunks", async () => {
    const bytes = bytesOf(40_000, 1);
    const expected = Buffer.from(crc(algorithm, bytes)).toString("hex");
    for (const size of [1, 3, 7, 8, 15, 16, 17, 4095, 16_384, 16_385, 40_000]) {
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.byteLength; at += size)
        chunks.push(bytes.subarray(at, at + size));
      expect(await digestOf(name, chunks), `chunks of ${size}`).toBe(expected);
    }
  });

  test("of streams that take turns is that of each", async () => {
    const inputs = [0, 1, 2, 3].map((seed) => bytesOf(10_000 + seed, seed));
    const streams = inputs.map(() => new DigestStream(name));
    const writers = streams.map((stream) => stream.getWriter());
    for (let at = 0; at < 10_100; at += 100)
      for (const [i, writer] of writers.entries())
        await writer.write(inputs[i]?.subarray(at, at + 100) ?? new Uint8Array());
    // One was given up half-way, as an upload whose client has gone.
    await new DigestStream(name).getWriter().write(bytesOf(10, 9));
    for (const [i, stream] of streams.entries()) {
      await writers[i]?.close();
      const expected = Buffer.from(crc(algorithm, inputs[i] ?? new Uint8Array())).toString("hex");
      expect(Buffer.from(await stream.digest).toString("hex")).toBe(expected);
    }
  });
});

test("a digest that the platform does not have is refused", () => {
  expect(() => new DigestStream("toString")).toThrow("toString");
});
