import { S3Error } from "../../protocol/errors.ts";
import type { BodyRequest } from "./incoming-body.ts";
import { bodyClaims, readDocument } from "./read-document.ts";

/** Something says what the body is: Content-MD5, an `x-amz-checksum-*`, or a signature that covers the payload. */
export function isVouchedFor({
  request,
  payload,
}: Pick<BodyRequest, "request" | "payload">): boolean {
  const { sha256Hex, md5Hex, checksum, trailerAlgorithm } = bodyClaims(request, payload);
  if (sha256Hex ?? md5Hex ?? checksum ?? trailerAlgorithm) return true;
  return payload.kind === "chunked" && payload.signer !== undefined;
}

/**
 * {@link readDocument}, for the operations that AWS demands a Content-MD5 or a checksum of.
 *
 * @throws S3Error InvalidRequest when nothing vouches for the body; MalformedXML over `maxBytes`
 */
export async function readVouchedDocument(
  received: BodyRequest,
  maxBytes?: number,
): Promise<Uint8Array> {
  if (!isVouchedFor(received)) {
    const message = "Missing required header for this request: Content-MD5 OR x-amz-checksum-*";
    throw new S3Error("InvalidRequest", { message });
  }
  return readDocument(received, maxBytes);
}
