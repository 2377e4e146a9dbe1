import { S3Error } from "../protocol/errors.ts";

/**
 * Answers a CORS preflight. No bucket can have a CORS configuration yet, so every preflight is refused as AWS
 * refuses one to a bucket without.
 *
 * @throws S3Error BadRequest (no Origin, or no method asked for), AccessForbidden
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors-troubleshooting.html
 */
export function answerPreflight(headers: Headers): never {
  if (headers.get("origin") === null) {
    const message = "Insufficient information. Origin request header needed.";
    throw new S3Error("BadRequest", { message });
  }
  const method = headers.get("access-control-request-method");
  if (method === null) {
    throw new S3Error("BadRequest", { message: "Invalid Access-Control-Request-Method: null" });
  }
  throw new S3Error("AccessForbidden", {
    message: "CORSResponse: CORS is not enabled for this bucket.",
    fields: { Method: method, ResourceType: "BUCKET" },
  });
}
