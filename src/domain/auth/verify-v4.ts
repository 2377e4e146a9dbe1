import { boundedText } from "../../lib/bounded-text.ts";
import { spacedHex } from "../../lib/hex.ts";
import type { HmacKey } from "../../lib/sha256.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import { headerSpellings, pathSpellings, querySpellings, withSignedHeaders } from "./as-signed.ts";
import { canonicalHeaderValue, canonicalRequest, stringToSign } from "./canonical-request.ts";
import type { Credential } from "./credential.ts";
import type { SignedHeaders } from "./signed-headers.ts";
import { MAX_SPELLED_LENGTH, MAX_TOLD_LENGTH } from "./limits.ts";
import { isSameSignature, sign } from "./signing-key.ts";

/** A SigV4 signature and what it says that it covers. */
export interface SignatureV4 {
  readonly credential: Credential;
  /** `20261123T050000Z` */
  readonly amzDate: string;
  readonly signedHeaders: SignedHeaders;
  readonly payloadHash: string;
  readonly canonicalQuery: string;
  /** In hex. */
  readonly signature: string;
}

/**
 * Tries the request as S3 canonicalizes it, and only if that fails, as a proxy on the way may have changed it: of
 * 5 values of Accept-Encoding, 3 ways to join repeated headers, 2 spellings of the path, and 2 orders of the query, those that this
 * request can have had.
 *
 * @returns the request as it was signed, for that is what it means
 * @throws S3Error SignatureDoesNotMatch with all that a client needs to find its mistake
 */
export function verifyV4(request: S3Request, signed: SignatureV4, key: HmacKey): S3Request {
  const names = [...signed.signedHeaders.names];
  const received = names.map((name) => request.headers.get(name));
  const paths = pathSpellings(request);
  let straightforward: { canonical: string; toSign: string } | undefined;
  for (const query of querySpellings(signed.canonicalQuery, request.rawQuery))
    for (const values of headerSpellings(names, received, request.clientAcceptEncoding)) {
      const lines = names.map((name, at) => `${name}:${canonicalHeaderValue(values[at] ?? "")}\n`);
      const headerLines = lines.join("");
      for (const { path, request: meant } of paths) {
        const canonical = canonicalRequest({
          method: request.method,
          path,
          query,
          headerLines,
          signedHeaders: signed.signedHeaders.text,
          payloadHash: signed.payloadHash,
        });
        const toSign = stringToSign(signed.amzDate, signed.credential.scope, canonical);
        if (isSameSignature(sign(key, toSign), signed.signature))
          return withSignedHeaders(meant, names, received, values);
        straightforward ??= { canonical, toSign };
        if (canonical.length > MAX_SPELLED_LENGTH)
          throw signatureDoesNotMatch(signed, canonical, toSign);
      }
    }
  throw signatureDoesNotMatch(
    signed,
    straightforward?.canonical ?? "",
    straightforward?.toSign ?? "",
  );
}

function signatureDoesNotMatch(signed: SignatureV4, canonical: string, toSign: string): S3Error {
  const toldCanonical = boundedText(canonical, MAX_TOLD_LENGTH);
  const toldToSign = boundedText(toSign, MAX_TOLD_LENGTH);
  return new S3Error("SignatureDoesNotMatch", {
    fields: {
      AWSAccessKeyId: signed.credential.accessKeyId,
      StringToSign: toldToSign,
      SignatureProvided: signed.signature,
      StringToSignBytes: spacedHex(toldToSign),
      CanonicalRequest: toldCanonical,
      CanonicalRequestBytes: spacedHex(toldCanonical),
    },
  });
}
