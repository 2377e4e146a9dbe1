import { type SignedRegion, wrongRegion } from "./auth/credential.ts";

/**
 * Regions that a request may be signed for wherever its bucket is: R2's own name, and what tools send unconfigured, which
 * of libcloud is no region at all.
 */
const ALWAYS_ACCEPTED = new Set(["auto", "us-east-1", ""]);

/**
 * Compares the region of the credential scope with those that the request may be signed for; SigV2 has none.
 *
 * @throws S3Error AuthorizationHeaderMalformed, or AuthorizationQueryParametersError of a presigned URL, with the region to
 *   sign for, from which SDKs correct themselves
 */
export function checkSignedRegion(
  signed: SignedRegion | undefined,
  expectedRegion: string,
  configuredRegion: string,
): void {
  if (signed === undefined) return;
  const { region } = signed;
  if (region === expectedRegion || region === configuredRegion) return;
  if (!ALWAYS_ACCEPTED.has(region)) throw wrongRegion(signed, expectedRegion);
}
