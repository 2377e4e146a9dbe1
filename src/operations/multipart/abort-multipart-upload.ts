import { latestFlags } from "../../domain/latest-flags.ts";
import { parseHttpDate } from "../../lib/http-date.ts";
import { invalidArgument, S3Error } from "../../protocol/errors.ts";
import { reservedVersion } from "../../protocol/version-headers.ts";
import { emptyResponse } from "../../protocol/respond.ts";
import { noSuchUpload, uploadIdOf } from "../../protocol/upload-id.ts";
import { onObject, SIGNED_ONLY } from "../access.ts";
import type { ObjectOperation } from "../operation.ts";

const INITIATED_HEADER = "x-amz-if-match-initiated-time";

/**
 * `DELETE /{bucket}/{key}?uploadId`: ends an upload and gives up its parts. The account that began it always may, unless a
 * policy denies it.
 *
 * With `x-amz-if-match-initiated-time`, an upload that is gone already is a success.
 * Errors: NoSuchUpload, PreconditionFailed (begun in another second), InvalidArgument.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html,
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
 */
export const abortMultipartUpload: ObjectOperation = {
  name: "AbortMultipartUpload",
  scope: "object",
  access: onObject("AbortMultipartUpload", SIGNED_ONLY),
  needsObject: true,
  async handle(context) {
    const { request, key, index } = context;
    const { headers, query } = request;
    const flags = latestFlags(context);
    const uploadId = uploadIdOf(query);
    const initiatedMs = parseInitiated(headers.get(INITIATED_HEADER));
    const outcome = await index.abortUpload(key, uploadId, initiatedMs);
    if (outcome === "PreconditionFailed")
      throw new S3Error(outcome, { fields: { Condition: INITIATED_HEADER } });
    if (outcome === "NoSuchUpload" && initiatedMs === undefined) throw noSuchUpload(uploadId);
    const versionId = typeof outcome === "object" ? outcome.versionId : undefined;
    return emptyResponse(204, reservedVersion(versionId, flags()));
  },
};

function parseInitiated(header: string | null): number | undefined {
  if (header === null) return undefined;
  const timeMs = parseHttpDate(header);
  if (timeMs === undefined) throw invalidArgument("Invalid argument", INITIATED_HEADER, header);
  return timeMs;
}
