import { urlEncode } from "../../lib/url-encoding.ts";
import { invalidArgument } from "../../protocol/errors.ts";
import { xmlResponse } from "../../protocol/respond.ts";
import type { BucketOperation } from "../operation.ts";

const MAX_UPLOADS = 1000;

/**
 * `GET /{bucket}?uploads`: no upload can be begun yet, so every page is the empty and last one.
 *
 * Errors: InvalidArgument.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
 */
export const listMultipartUploads: BucketOperation = {
  name: "ListMultipartUploads",
  scope: "bucket",
  handle: async ({ request: { query }, bucket }) => {
    const maxUploads = parseMaxUploads(query.get("max-uploads"));
    const encode = parseEncodingType(query.get("encoding-type"));
    return xmlResponse("ListMultipartUploadsResult", [
      ["Bucket", bucket.name],
      ["KeyMarker", encode(query.get("key-marker") ?? "")],
      ["UploadIdMarker", query.get("upload-id-marker") ?? ""],
      ["NextKeyMarker", ""],
      ["NextUploadIdMarker", ""],
      ["Delimiter", encodeGiven(encode, query.get("delimiter"))],
      ["Prefix", encodeGiven(encode, query.get("prefix"))],
      ["MaxUploads", maxUploads],
      ["EncodingType", query.get("encoding-type") ?? undefined],
      ["IsTruncated", false],
    ]);
  },
};

function parseMaxUploads(value: string | null): number {
  if (value === null) return MAX_UPLOADS;
  const maxUploads = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
  if (!(maxUploads < 2 ** 31))
    throw invalidArgument(
      "Provided max-uploads not an integer or within integer range",
      "max-uploads",
      value,
    );
  return Math.min(maxUploads, MAX_UPLOADS);
}

type Encode = (text: string) => string;

function parseEncodingType(value: string | null): Encode {
  if (value === null) return (text) => text;
  if (value !== "url")
    throw invalidArgument("Invalid Encoding Method specified in Request", "encoding-type", value);
  return urlEncode;
}

function encodeGiven(encode: Encode, value: string | null): string | undefined {
  return value === null ? undefined : encode(value);
}
