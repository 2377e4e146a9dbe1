import { decideOnDocument, mayBypassGovernance } from "../../domain/access/extra-permission.ts";
import { readVouchedDocument } from "../../domain/body/vouched-body.ts";
import { requireObjectLock } from "../../domain/bucket-lock.ts";
import { changeVersion } from "../../domain/object-version.ts";
import { readRetention } from "../../protocol/object-lock.ts";
import { parseVersionId } from "../../protocol/version-id.ts";
import { emptyResponse } from "../../protocol/respond.ts";
import { onObject } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";

/**
 * `PUT /{bucket}/{key}?retention`: until when a version may not be removed. It may always be made longer; shorter, in
 * another mode, or none at all only with `x-amz-bypass-governance-retention`, and under COMPLIANCE never. With `EventHold`, it is
 * kept until that is put OFF, which takes a bypass, too, and for `EventHoldDuration` from then on.
 *
 * Errors: InvalidRequest (a bucket without Object Lock; nothing vouches for the body), MalformedXML, InvalidArgument (a
 * date that is past), AccessDenied, BadDigest, NoSuchKey, NoSuchVersion, MethodNotAllowed (a delete marker).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectRetention.html
 */
export const putObjectRetention: ObjectOperation = {
  name: "PutObjectRetention",
  scope: "object",
  access: onObject("PutObjectRetention"),
  needsObject: true,
  async handle(context) {
    const { retention, eventHold } = readRetention(await readVouchedDocument(context), Date.now());
    await decideOnDocument(context, { retention, eventHold });
    await requireObjectLock(context);
    await changeVersion(context, {
      kind: "retention",
      retention,
      ...(eventHold !== undefined && { eventHold }),
      bypassesGovernance: await mayBypassGovernance(context, {
        key: context.key,
        versionId: parseVersionId(context.request.query),
      }),
    });
    return emptyResponse(200);
  },
};
