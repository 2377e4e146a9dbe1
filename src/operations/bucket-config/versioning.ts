import { object, oneOf, optional } from "../../lib/xml-shape.ts";
import { S3Error } from "../../protocol/errors.ts";
import { documentKind } from "./stored-document.ts";

const VersioningConfiguration = object({
  Status: optional(oneOf("Enabled", "Suspended")),
  MfaDelete: optional(oneOf("Enabled", "Disabled")),
  MFADelete: optional(oneOf("Enabled", "Disabled")),
});

/**
 * `?versioning`: every write from now on makes a new version, or, suspended, a new null version. Without a status it was
 * never put.
 *
 * Errors: IllegalVersioningConfigurationException (no Status), InvalidBucketState (to suspend a bucket with Object Lock, or with replication),
 * NotImplemented (MFA delete: there are no such devices here).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html
 */
export const VERSIONING = documentKind({
  subresource: "versioning",
  kind: "versioning",
  part: "shard",
  root: "VersioningConfiguration",
  shape: VersioningConfiguration,
  name: "BucketVersioning",
  fresh: { Status: undefined, MfaDelete: undefined, MFADelete: undefined },
  isVouchedFor: false,
  check({ Status, MfaDelete, MFADelete }, { bucket }) {
    if (MfaDelete === "Enabled" || MFADelete === "Enabled")
      throw new S3Error("NotImplemented", { message: "MFA delete is not implemented" });
    if (Status === undefined) throw new S3Error("IllegalVersioningConfigurationException");
    if (Status === "Suspended" && bucket.shard.flags.hasLock === true)
      throw new S3Error("InvalidBucketState", {
        message:
          "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
      });
    if (Status === "Suspended" && bucket.shard.flags.hasReplication === true)
      throw new S3Error("InvalidBucketState", {
        message:
          "A replication configuration is present on this bucket, so you cannot change the versioning state. To change the versioning state, first delete the replication configuration.",
      });
    return { Status, MfaDelete: undefined, MFADelete: undefined };
  },
  flags: (document) => (document?.Status === undefined ? {} : { versioning: document.Status }),
});
