import { storeFormFile } from "../../domain/store-form-file.ts";
import { commitObject } from "../../domain/write-object.ts";
import { urlEncode } from "../../lib/url-encoding.ts";
import { checksumHeaders } from "../../protocol/checksum-headers.ts";
import { quoteEtag } from "../../protocol/etag.ts";
import { emptyResponse, xmlResponse } from "../../protocol/respond.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import { expirationHeaders } from "../../protocol/lifecycle/lifecycle-headers.ts";
import { putVersion } from "../../protocol/version-headers.ts";
import { ofUpload } from "../access.ts";
import type { ObjectContext, ObjectOperation } from "../operation.ts";
import { describedUpload } from "../../domain/described-upload.ts";

/**
 * `POST /{bucket}` with `multipart/form-data`, as browsers send forms: stores the field `file` as the object of the field
 * `key`. The other fields are PutObject's headers; `domain/auth/form.ts` has made them so.
 *
 * The answer is 204, or 200 or 201 by `success_action_status`, or a redirect (303) to `success_action_redirect`.
 * Errors: those of PutObject but of appends, and EntityTooSmall, MalformedPOSTRequest.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
 */
export const postObject: ObjectOperation = {
  name: "PostObject",
  scope: "object",
  storesBody: true,
  access: ofUpload(),
  isForm: true,
  async handle(context) {
    const { form } = context;
    if (form === undefined) throw new Error("PostObject without a form");
    const upload = await describedUpload(context);
    const stored = await storeFormFile(context, form, upload);
    const { etag, checksum, versionId, expiration, encryptionHeaders } = await commitObject(
      context,
      upload,
      stored,
    );
    return answer(context, form.fields, quoteEtag(etag), {
      ...checksumHeaders(checksum),
      ...putVersion(versionId),
      ...expirationHeaders(expiration),
      ...encryptionHeaders,
    });
  },
};

function answer(
  { request, bucket, key }: ObjectContext,
  fields: ReadonlyMap<string, string>,
  etag: string,
  others: Readonly<Record<string, string>>,
): Response {
  const wanted = fields.get("success_action_redirect") ?? fields.get("redirect") ?? "";
  const redirect = redirectLocation(wanted, bucket.name, key, etag);
  const location = redirect ?? objectUrl(request, key);
  const headers = { ...others, etag, location };
  if (redirect !== undefined) return emptyResponse(303, headers);
  const status = fields.get("success_action_status");
  if (status !== "201") return emptyResponse(status === "200" ? 200 : 204, headers);
  return xmlResponse(
    "PostResponse",
    [
      ["Location", location],
      ["Bucket", bucket.name],
      ["Key", key],
      ["ETag", etag],
    ],
    { status: 201, headers, isPlain: true },
  );
}

/** Where the form's sender is sent on to; undefined for what is no URL of a page, which S3 ignores. */
function redirectLocation(
  wanted: string,
  bucket: string,
  key: string,
  etag: string,
): string | undefined {
  const url = URL.parse(wanted);
  if (url === null || !(url.protocol === "http:" || url.protocol === "https:")) return undefined;
  const told = `bucket=${urlEncode(bucket)}&key=${urlEncode(key)}&etag=${urlEncode(etag)}`;
  url.search = url.search === "" ? told : `${url.search}&${told}`;
  return url.href;
}

function objectUrl({ origin, isVirtualHosted, bucket = "" }: S3Request, key: string): string {
  const path = isVirtualHosted ? key : `${bucket}/${key}`;
  return `${origin}/${urlEncode(path)}`;
}
