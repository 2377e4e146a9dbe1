import { S3Error } from "../protocol/errors.ts";

/**
 * Answers a CORS preflight. No bucket can have a CORS configuration yet, so every preflight is refused as AWS
 * refuses one to a bucket without.
 *
 * @throws S3Error BadRequest (no Origin), AccessForbidden
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors-troubleshooting.html; recorded from AWS by
 *   `test_cors_http_options_no_config` in
 *   https://github.com/localstack/localstack/blob/main/tests/aws/services/s3/test_s3_cors.py
 */
export function answerPreflight(headers: Headers): never {
  if (headers.get("origin") === null) {
    const message = "Insufficient information. Origin request header needed.";
    throw new S3Error("BadRequest", { message });
  }
  throw new S3Error("AccessForbidden", {
    message: "CORSResponse: CORS is not enabled for this bucket.",
    fields: {
      Method: headers.get("access-control-request-method") ?? "OPTIONS",
      ResourceType: "BUCKET",
    },
  });
}
