import { invalidArgument, S3Error } from "../../protocol/errors.ts";
import type { ChunkSigner, Payload } from "./payload.ts";

export const UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";

const STREAMING = new Map([
  ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", { isSigned: true, hasTrailer: false }],
  ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", { isSigned: true, hasTrailer: true }],
  ["STREAMING-UNSIGNED-PAYLOAD-TRAILER", { isSigned: false, hasTrailer: true }],
]);

/**
 * What `x-amz-content-sha256` says of the body. It alone decides whether there is framing: MinIO's SDKs frame without
 * `Content-Encoding: aws-chunked`, and that header with a plain hash is nothing but an encoding's name.
 *
 * @param signer of the chunks; undefined when the request is not signed in a way that chunks can continue
 * @throws S3Error InvalidArgument, NotImplemented (SigV4a), MissingContentLength for framing without
 *   `x-amz-decoded-content-length`
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html
 */
export function payloadOf(
  claim: string,
  headers: Headers,
  signer: (() => ChunkSigner) | undefined,
): Payload {
  if (claim === UNSIGNED_PAYLOAD) return { kind: "plain", sha256Hex: undefined };
  if (/^[0-9A-Fa-f]{64}$/.test(claim)) return { kind: "plain", sha256Hex: claim.toLowerCase() };
  if (claim.startsWith("STREAMING-AWS4-ECDSA-")) throw notImplementedV4a();
  const mode = STREAMING.get(claim);
  if (mode === undefined || (mode.isSigned && signer === undefined))
    throw invalidArgument(
      `x-amz-content-sha256 must be UNSIGNED-PAYLOAD, ${[...STREAMING.keys()].join(", ")}, or a valid sha256 value.`,
      "x-amz-content-sha256",
      claim,
    );
  return {
    kind: "chunked",
    signer: mode.isSigned ? signer?.() : undefined,
    trailerNames: mode.hasTrailer ? trailerNames(headers) : [],
    decodedLengthBytes: decodedLengthBytes(headers),
  };
}

function trailerNames(headers: Headers): readonly string[] {
  const names = headers.get("x-amz-trailer")?.toLowerCase().split(",") ?? [];
  return names.map((name) => name.trim()).filter((name) => name !== "");
}

function decodedLengthBytes(headers: Headers): number {
  const length = headers.get("x-amz-decoded-content-length");
  if (length === null || !/^\d{1,15}$/.test(length)) throw new S3Error("MissingContentLength");
  return Number(length);
}

export function notImplementedV4a(): S3Error {
  return new S3Error("NotImplemented", {
    message:
      "SigV4a (AWS4-ECDSA-P256-SHA256) is not implemented. Please use AWS4-HMAC-SHA256 (SigV4).",
  });
}
