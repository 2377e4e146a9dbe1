import { object, optional, text } from "../../lib/xml-shape.ts";
import { S3Error } from "../../protocol/errors.ts";
import { documentKind } from "./stored-document.ts";

const STATUSES: ReadonlySet<string | undefined> = new Set(["Enabled", "Suspended"]);

/**
 * `?accelerate`: kept and told. Every request goes by Cloudflare's edge anyway.
 *
 * Errors: InvalidRequest (a bucket with periods in its name).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAccelerateConfiguration.html
 */
export const ACCELERATE = documentKind({
  subresource: "accelerate",
  kind: "accelerate",
  part: "directory",
  root: "AccelerateConfiguration",
  // Any text: AWS says of the bucket's name first that it will not do.
  shape: object({ Status: optional(text) }),
  name: "BucketAccelerateConfiguration",
  action: "AccelerateConfiguration",
  fresh: { Status: undefined },
  isVouchedFor: false,
  check(document, { bucket }) {
    if (bucket.name.includes("."))
      throw new S3Error("InvalidRequest", {
        message:
          "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names",
      });
    if (!STATUSES.has(document.Status?.trim())) throw new S3Error("MalformedXML");
    return { Status: document.Status?.trim() };
  },
});
