import { S3Error } from "../protocol/errors.ts";

/** Regions that a request may be signed for wherever its bucket is: R2's own name, and what tools send unconfigured. */
const ALWAYS_ACCEPTED = new Set(["auto", "us-east-1"]);

/**
 * Compares the region of the credential scope with those that the request may be signed for; SigV2 has none.
 *
 * @throws S3Error AuthorizationHeaderMalformed with the region to sign for, from which SDKs correct themselves
 */
export function checkSignedRegion(
  signedRegion: string | undefined,
  expectedRegion: string,
  configuredRegion: string,
): void {
  if (signedRegion === undefined || signedRegion === expectedRegion) return;
  if (signedRegion === configuredRegion || ALWAYS_ACCEPTED.has(signedRegion)) return;
  throw new S3Error("AuthorizationHeaderMalformed", {
    message: `The authorization header is malformed; the region '${signedRegion}' is wrong; expecting '${expectedRegion}'`,
    fields: { Region: expectedRegion },
    headers: { "x-amz-bucket-region": expectedRegion },
  });
}
