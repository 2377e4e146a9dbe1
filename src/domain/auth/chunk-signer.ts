import type { HmacKey } from "../../lib/sha256.ts";
import type { ChunkSigner } from "./payload.ts";
import { isSameSignature, sign } from "./signing-key.ts";

const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/**
 * The chain of chunk signatures that begins with the request's own.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html,
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export function chunkSigner(
  key: HmacKey,
  { amzDate, scope, seed }: { amzDate: string; scope: string; seed: string },
): ChunkSigner {
  let previous = seed;
  function verify(algorithm: string, hashes: string, signatureHex: string): boolean {
    const toSign = `${algorithm}\n${amzDate}\n${scope}\n${previous}\n${hashes}`;
    const isValid = isSameSignature(sign(key, toSign), signatureHex);
    if (isValid) previous = signatureHex;
    return isValid;
  }
  return {
    verifyChunk: (signatureHex, sha256Hex) =>
      verify("AWS4-HMAC-SHA256-PAYLOAD", `${EMPTY_SHA256}\n${sha256Hex}`, signatureHex),
    verifyTrailer: (signatureHex, sha256Hex) =>
      verify("AWS4-HMAC-SHA256-TRAILER", sha256Hex, signatureHex),
  };
}
