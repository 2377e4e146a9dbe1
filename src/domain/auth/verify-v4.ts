import { spacedHex } from "../../lib/hex.ts";
import type { HmacKey } from "../../lib/sha256.ts";
import { recodePath } from "../../lib/uri.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import { canonicalHeaderValue, canonicalRequest, stringToSign } from "./canonical-request.ts";
import type { Credential } from "./credential.ts";
import type { SignedHeaders } from "./signed-headers.ts";
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

/** What a proxy on the way takes off a request, and the only value that it can have had. */
const TAKEN_OFF = new Map([
  ["content-length", "0"],
  ["expect", "100-continue"],
  ["transfer-encoding", "chunked"],
]);

/**
 * Tries the request as S3 canonicalizes it, and only if that fails, as a proxy on the way may have changed it: of
 * 5 values of Accept-Encoding, 3 ways to join repeated headers and 2 spellings of the path, those that this request
 * can have had. None of them changes what the request means.
 *
 * @throws S3Error SignatureDoesNotMatch with all that a client needs to find its mistake
 */
export function verifyV4(request: S3Request, signed: SignatureV4, key: HmacKey): void {
  const path = recodePath(request.rawPath);
  const paths = path === request.rawPath ? [path] : [path, request.rawPath];
  let straightforward: { canonical: string; toSign: string } | undefined;
  for (const headerLines of headerForms(request, [...signed.signedHeaders.names]))
    for (const path of paths) {
      const canonical = canonicalRequest({
        method: request.method,
        path,
        query: signed.canonicalQuery,
        headerLines,
        signedHeaders: signed.signedHeaders.text,
        payloadHash: signed.payloadHash,
      });
      const toSign = stringToSign(signed.amzDate, signed.credential.scope, canonical);
      if (isSameSignature(sign(key, toSign), signed.signature)) return;
      straightforward ??= { canonical, toSign };
    }
  throw signatureDoesNotMatch(
    signed,
    straightforward?.canonical ?? "",
    straightforward?.toSign ?? "",
  );
}

/** How the values of a repeated header are joined: the runtime writes `, `, SigV4 wants `,`. */
type Joining = (name: string, value: string) => string;
const asReceived: Joining = (_name, value) => value;
const tight: Joining = (_name, value) => value.replaceAll(", ", ",");
const tightInAmz: Joining = (name, value) =>
  name.startsWith("x-amz-") ? value.replaceAll(", ", ",") : value;

/** The canonical header lines, the likeliest first. */
function* headerForms(request: S3Request, names: readonly string[]): Generator<string, void> {
  const values = names.map((name) => request.headers.get(name) ?? TAKEN_OFF.get(name) ?? "");
  const mayRepeat = values.some((value) => value.includes(", "));
  for (const joining of mayRepeat ? [asReceived, tight, tightInAmz] : [asReceived]) {
    const lines = names.map(
      (name, at) => `${name}:${canonicalHeaderValue(joining(name, values[at] ?? ""))}\n`,
    );
    const at = names.indexOf("accept-encoding");
    if (at < 0) yield lines.join("");
    else
      for (const value of acceptEncodings(values[at] ?? "", request.clientAcceptEncoding))
        yield lines.with(at, `accept-encoding:${canonicalHeaderValue(value)}\n`).join("");
  }
}

/** Cloudflare's edge overwrites Accept-Encoding with its own, and does not always tell what it was. */
function acceptEncodings(received: string, client: string | undefined): Iterable<string> {
  return new Set([client ?? received, received, "identity", "gzip", ""]);
}

function signatureDoesNotMatch(signed: SignatureV4, canonical: string, toSign: string): S3Error {
  return new S3Error("SignatureDoesNotMatch", {
    fields: {
      AWSAccessKeyId: signed.credential.accessKeyId,
      StringToSign: toSign,
      SignatureProvided: signed.signature,
      StringToSignBytes: spacedHex(toSign),
      CanonicalRequest: canonical,
      CanonicalRequestBytes: spacedHex(canonical),
    },
  });
}
