import { S3Error } from "../../protocol/errors.ts";
import { checkLifecycle } from "../../protocol/lifecycle/check-lifecycle.ts";
import {
  DEFAULT_MINIMUM_SIZES,
  LifecycleConfiguration,
  type LifecycleDocument,
} from "../../protocol/lifecycle/lifecycle-configuration.ts";
import { documentKind } from "./stored-document.ts";

const MAX_DOCUMENT_BYTES = 1024 * 1024;
/** A row of the index has 2 MB, in which the other documents of the shard have to fit, too. */
const MAX_STORED_BYTES = 1_500_000;
const MINIMUM_SIZE = "x-amz-transition-default-minimum-object-size";

/**
 * `?lifecycle`: what becomes of objects, and of uploads, after so many days. The shards' lifecycle job does it.
 *
 * Errors: NoSuchLifecycleConfiguration, InvalidArgument, InvalidRequest.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html
 */
export const LIFECYCLE = documentKind({
  subresource: "lifecycle",
  kind: "lifecycle",
  part: "shard",
  root: "LifecycleConfiguration",
  shape: LifecycleConfiguration,
  name: "BucketLifecycleConfiguration",
  deleteName: "BucketLifecycle",
  action: "LifecycleConfiguration",
  fresh: "NoSuchLifecycleConfiguration",
  isVouchedFor: true,
  maxBytes: MAX_DOCUMENT_BYTES,
  check(document, { request }) {
    const checked: LifecycleDocument = {
      ...checkLifecycle(document),
      TransitionDefaultMinimumObjectSize: minimumSize(request.headers),
    };
    if (Buffer.byteLength(JSON.stringify(checked)) > MAX_STORED_BYTES)
      throw new S3Error("MalformedXML");
    return checked;
  },
  answerHeaders: (document: LifecycleDocument) => ({
    [MINIMUM_SIZE]: document.TransitionDefaultMinimumObjectSize ?? DEFAULT_MINIMUM_SIZES[0],
  }),
  flags: (document) => ({
    abortsUploads:
      document?.Rule.some(
        ({ Status, AbortIncompleteMultipartUpload: abort }) =>
          Status === "Enabled" && abort !== undefined,
      ) === true,
  }),
});

/** @throws S3Error InvalidRequest */
function minimumSize(headers: Headers): LifecycleDocument["TransitionDefaultMinimumObjectSize"] {
  const value = headers.get(MINIMUM_SIZE) ?? DEFAULT_MINIMUM_SIZES[0];
  const found = DEFAULT_MINIMUM_SIZES.find((size) => size === value);
  if (found === undefined)
    throw new S3Error("InvalidRequest", {
      message: `Invalid TransitionDefaultMinimumObjectSize found: ${value}`,
    });
  return found;
}
