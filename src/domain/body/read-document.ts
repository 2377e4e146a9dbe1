import {
  parseContentMd5,
  parseExpectedChecksum,
  trailerChecksumAlgorithm,
} from "../../protocol/checksums.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import type { Payload } from "../auth/payload.ts";
import type { BodyClaims } from "./claims.ts";
import { type BodyRequest, incomingBody } from "./incoming-body.ts";
import { holdInline } from "./store-body.ts";

/** Of a document that configures something. */
const MAX_DOCUMENT_BYTES = 64 * 1024;

/** What a request with a body claims of it, in its headers, its signature and its trailer. */
export function bodyClaims(request: S3Request, payload: Payload): BodyClaims {
  return {
    ...transportClaims(request, payload),
    checksum: parseExpectedChecksum(request.headers),
  };
}

/** The same for a request whose `x-amz-checksum-*` are of something else than its body. */
export function transportClaims({ headers }: S3Request, payload: Payload): BodyClaims {
  return {
    sha256Hex: payload.kind === "plain" ? payload.sha256Hex : undefined,
    md5Hex: parseContentMd5(headers),
    checksum: undefined,
    trailerAlgorithm: trailerChecksumAlgorithm(
      payload.kind === "chunked" ? payload.trailerNames : [],
    ),
    wantedAlgorithm: undefined,
  };
}

/**
 * Reads a request's XML document whole and verifies it. Empty when the request has no body.
 *
 * @throws S3Error MalformedXML over `maxBytes`, and whatever is wrong with the body
 */
export async function readDocument(
  received: BodyRequest,
  maxBytes = MAX_DOCUMENT_BYTES,
  claimsOf: typeof bodyClaims = bodyClaims,
): Promise<Uint8Array> {
  const { request, payload } = received;
  if (request.body === null) return new Uint8Array();
  const body = incomingBody(received);
  if (body.sizeBytes > maxBytes) throw new S3Error("MalformedXML");
  const { content } = await holdInline(body, claimsOf(request, payload));
  return content.bytes;
}
