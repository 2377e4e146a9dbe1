import { expect, test } from "vitest";
import { holdInline } from "../../../src/domain/body/store-body.ts";
import { S3Error } from "../../../src/protocol/errors.ts";

const NO_CLAIMS = {
  sha256Hex: undefined,
  md5Hex: undefined,
  checksum: undefined,
  trailerAlgorithm: undefined,
  wantedAlgorithm: undefined,
};

/** Announces so many bytes, and brings these. */
function bodyOf(sizeBytes: number, pieces: () => AsyncGenerator<Uint8Array, void>) {
  return { sizeBytes, native: undefined, chunks: pieces, trailers: () => new Map() };
}

// No runtime gives a buffer of a terabyte: to ask for one would be a RangeError.
test("a body that is announced takes no room before it comes", async () => {
  const announced = bodyOf(2 ** 40, async function* () {
    yield new Uint8Array(100);
    throw new S3Error("RequestTimeout");
  });
  await expect(holdInline(announced, NO_CLAIMS)).rejects.toThrow(S3Error);
});

test.each([
  ["nothing", []],
  ["a byte", [1]],
  ["all that there is room for", [16 * 1024]],
  ["one byte more", [16 * 1024, 1]],
  ["much more at once", [10, 300_000]],
  ["more and more", [1024, 16 * 1024, 64 * 1024, 256 * 1024, 256 * 1024, 17]],
])("a body comes whole: %s", async (_what, sizes) => {
  const pieces = sizes.map((sizeBytes, at) => new Uint8Array(sizeBytes).fill(at + 1));
  const whole = Buffer.concat(pieces);
  const body = bodyOf(whole.byteLength, async function* () {
    yield* pieces;
  });
  const { content } = await holdInline(body, NO_CLAIMS);
  expect(Buffer.from(content.bytes).equals(whole)).toBe(true);
});
