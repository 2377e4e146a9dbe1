import { S3Error } from "../../protocol/errors.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import type { Service } from "./credential.ts";
import { prepareHeaderV4, splitAuthorization } from "./header-v4.ts";
import type { FindIdentity, Unverified } from "./identity.ts";
import { preparePresigned } from "./presigned-v4.ts";

/**
 * Who says to have signed a request to another API than S3's. All is checked that can be without the body, whose hash such a
 * signature holds: so that strangers' bodies are not read.
 *
 * @param services that it may be signed for
 * @returns undefined: nobody signed it
 * @throws S3Error as `prepareHeaderV4` and `preparePresigned`; AuthorizationHeaderMalformed for other schemes than SigV4
 */
export function prepareSigned(
  request: S3Request,
  find: FindIdentity,
  nowMs: number,
  services: readonly Service[],
): Unverified | undefined {
  const authorization = request.headers.get("authorization") ?? "";
  if (authorization === "") {
    const isPresigned = request.query.has("X-Amz-Signature");
    return isPresigned ? preparePresigned(request, find, nowMs, services) : undefined;
  }
  const [scheme, components] = splitAuthorization(authorization);
  if (scheme !== "AWS4-HMAC-SHA256")
    throw new S3Error("AuthorizationHeaderMalformed", {
      message: "Authorization header requires the algorithm AWS4-HMAC-SHA256.",
    });
  return prepareHeaderV4(request, components, find, nowMs, services);
}
