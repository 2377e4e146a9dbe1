import {
  parseContentMd5,
  parseExpectedChecksum,
  trailerChecksumAlgorithm,
} from "../../protocol/checksums.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import type { Payload } from "../auth/payload.ts";
import type { BodyClaims } from "./claims.ts";
import { type IncomingBody, incomingBody } from "./incoming-body.ts";
import { holdInline } from "./store-body.ts";

/** What a request with a body claims of it, in its headers, its signature and its trailer. */
export function bodyClaims({ headers }: S3Request, payload: Payload): BodyClaims {
  return {
    sha256Hex: payload.kind === "plain" ? payload.sha256Hex : undefined,
    md5Hex: parseContentMd5(headers),
    checksum: parseExpectedChecksum(headers),
    trailerAlgorithm: trailerChecksumAlgorithm(
      payload.kind === "chunked" ? payload.trailerNames : [],
    ),
  };
}

/**
 * Reads a request's XML document whole and verifies it. Empty when the request has no body.
 *
 * @throws S3Error MalformedXML over `maxBytes`, and whatever is wrong with the body
 */
export async function readDocument(
  request: S3Request,
  payload: Payload,
  maxBytes: number,
): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array();
  const body: IncomingBody = incomingBody(request, payload);
  if (body.sizeBytes > maxBytes) throw new S3Error("MalformedXML");
  const { content } = await holdInline(body, bodyClaims(request, payload));
  return content.bytes;
}
