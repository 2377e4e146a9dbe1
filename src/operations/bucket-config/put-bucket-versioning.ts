import { readDocument } from "../../domain/body/read-document.ts";
import { configureBucket } from "../../domain/configure-bucket.ts";
import { object, oneOf, optional } from "../../lib/xml-shape.ts";
import { S3Error } from "../../protocol/errors.ts";
import { readXml } from "../../protocol/read-xml.ts";
import { emptyResponse } from "../../protocol/respond.ts";
import type { BucketOperation } from "../operation.ts";

const VersioningConfiguration = object({
  Status: optional(oneOf("Enabled", "Suspended")),
  MfaDelete: optional(oneOf("Enabled", "Disabled")),
  MFADelete: optional(oneOf("Enabled", "Disabled")),
});

/**
 * `PUT /{bucket}?versioning`: every write from now on makes a new version, or, suspended, a new null version.
 *
 * Errors: MalformedXML, IllegalVersioningConfigurationException (no Status), InvalidBucketState (to suspend a bucket with
 * Object Lock), NotImplemented (MFA delete: there are no such devices here).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html
 */
export const putBucketVersioning: BucketOperation = {
  name: "PutBucketVersioning",
  scope: "bucket",
  async handle(context) {
    const { bucket } = context;
    const document = await readDocument(context);
    const { Status, MfaDelete, MFADelete } = readXml(
      document,
      "VersioningConfiguration",
      VersioningConfiguration,
    );
    if (MfaDelete === "Enabled" || MFADelete === "Enabled")
      throw new S3Error("NotImplemented", { message: "MFA delete is not implemented" });
    if (Status === undefined) throw new S3Error("IllegalVersioningConfigurationException");
    await configureBucket(context, bucket, (configuration) => {
      if (Status === "Suspended" && configuration.objectLock !== undefined)
        throw new S3Error("InvalidBucketState", {
          message:
            "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
        });
      return { ...configuration, versioning: Status };
    });
    return emptyResponse(200);
  },
};
