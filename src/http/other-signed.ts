import type { Service } from "../domain/auth/credential.ts";
import { withIdentities } from "../domain/auth/identities.ts";
import type { Unverified } from "../domain/auth/identity.ts";
import { prepareSigned } from "../domain/auth/prepare-signed.ts";
import { contentLength } from "../domain/body/incoming-body.ts";
import { readDocument } from "../domain/body/read-document.ts";
import type { OtherRequest } from "./other-api.ts";

/** Who says to have signed the request; undefined: nobody does. @throws S3Error as {@link prepareSigned} */
export function signerOf(
  { request, identities, waiter }: OtherRequest,
  services: readonly Service[],
): Unverified | undefined | Promise<Unverified | undefined> {
  return withIdentities(identities, waiter, (find) =>
    prepareSigned(request, find, Date.now(), services),
  );
}

/**
 * The body, whose hash the signature holds.
 *
 * @returns undefined: it is longer than `limitBytes`, and was not read
 */
export async function readSignedBody(
  { request, ports }: OtherRequest,
  limitBytes: number,
): Promise<Uint8Array | undefined> {
  if (request.body === null) return new Uint8Array();
  if (contentLength(request) > limitBytes) return undefined;
  const payload = { kind: "plain", sha256Hex: undefined } as const;
  return readDocument({ request, payload, settings: ports.settings }, limitBytes);
}
