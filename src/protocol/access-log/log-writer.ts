import type { ServiceCaller } from "../caller.ts";
import type { LogDestination } from "./log-destination.ts";

/**
 * Who writes the log objects of a bucket, as the target's policy names it.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html#grant-log-delivery-permissions-general
 */
export function logWriter({ source }: LogDestination): ServiceCaller {
  return {
    kind: "service",
    name: "logging.s3.amazonaws.com",
    sourceArn: `arn:aws:s3:::${source.bucket}`,
    sourceAccountId: source.accountId,
  };
}
