import { expect, test } from "vitest";
import { combineCrc, crc, type CrcName } from "../../../src/lib/crc.ts";
import { seededRandom } from "../../support/seeded-random.ts";
import VECTORS from "../../vectors/checksums/crc.json";

const NAMES = ["CRC32", "CRC32C", "CRC64NVME"] as const;

/** What the platform makes of the bytes. */
async function platformCrc(name: CrcName, bytes: Uint8Array): Promise<string> {
  const stream = new crypto.DigestStream(name.toLowerCase());
  const writer = stream.getWriter();
  await writer.write(bytes);
  await writer.close();
  return Buffer.from(await stream.digest).toString("hex");
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function randomBytes(random: (bound: number) => number, lengthBytes: number): Uint8Array {
  return Uint8Array.from({ length: lengthBytes }, () => random(256));
}

test.for(VECTORS)(
  "$crc of the known input: $source",
  ({ crc: name, hex: input, times, expected }) => {
    const bytes = Buffer.from(input.repeat(times), "hex");
    expect(hex(crc(name as CrcName, bytes))).toBe(expected);
  },
);

test.for(["CRC32C", "CRC64NVME"] as const)("%s is the platform's", async (name) => {
  const random = seededRandom(1);
  for (let round = 0; round < 50; round++) {
    const bytes = randomBytes(random, random(200));
    expect(hex(crc(name, bytes))).toBe(await platformCrc(name, bytes));
  }
});

test.for(NAMES)("the %s of a whole follows from any two parts of it", (name) => {
  const random = seededRandom(2);
  for (let round = 0; round < 200; round++) {
    const whole = randomBytes(random, random(3000));
    const cut = random(whole.byteLength + 1);
    const [a, b] = [whole.subarray(0, cut), whole.subarray(cut)];
    const combined = combineCrc(name, crc(name, a), crc(name, b), b.byteLength);
    expect(hex(combined)).toBe(hex(crc(name, whole)));
  }
});

test.for(NAMES)("%s parts of up to 5 TiB join in any order of joining", (name) => {
  const random = seededRandom(3);
  for (let round = 0; round < 50; round++) {
    const lengthBytes = (): number => random(2 ** 31) * 2560 + random(2560);
    const [a, b, c] = [1, 2, 3].map((seed) => crc(name, Uint8Array.of(seed, round))) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const [lengthOfB, lengthOfC] = [lengthBytes(), lengthBytes()];
    const leftFirst = combineCrc(name, combineCrc(name, a, b, lengthOfB), c, lengthOfC);
    const rightFirst = combineCrc(
      name,
      a,
      combineCrc(name, b, c, lengthOfC),
      lengthOfB + lengthOfC,
    );
    expect(hex(leftFirst)).toBe(hex(rightFirst));
  }
});
