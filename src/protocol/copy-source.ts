import { isBucketName } from "./bucket-name.ts";
import { invalidArgument, S3Error } from "./errors.ts";
import { checkVersionId } from "./version-id.ts";

const HEADER = "x-amz-copy-source";
const VERSION_ID = "?versionId=";

/** Which object a copy is made of. */
export interface CopySource {
  readonly bucket: string;
  readonly key: string;
  /** The key if each `+` was meant for a space, as form encoders have it; undefined when there is none. */
  readonly keyWithSpaces: string | undefined;
  /** Undefined: the current version. */
  readonly versionId: string | undefined;
}

/** A URL in path style is a source as well; whose host it names does not matter. */
const ORIGIN = /^https?:\/\/[^/]*\//;

/**
 * `x-amz-copy-source`: `bucket/key` with or without a slash before it, or `http://host/bucket/key`, percent-encoded (the
 * slash between the two as well) or raw, with or without `?versionId=`.
 *
 * @throws S3Error InvalidArgument; NotImplemented for the ARN of an access point
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
 */
export function parseCopySource(headers: Headers): CopySource {
  const value = headers.get(HEADER) ?? "";
  if (value === "") {
    const message = "Copy Source must mention the source bucket and key: sourcebucket/sourcekey";
    throw invalidArgument(message, HEADER, value);
  }
  const versionAt = value.lastIndexOf(VERSION_ID);
  const path = (versionAt < 0 ? value : value.slice(0, versionAt)).replace(ORIGIN, "");
  const versionId =
    versionAt < 0 ? undefined : checkVersionId(value.slice(versionAt + VERSION_ID.length));
  const { bucket, key } = takeApart(decode(path, value));
  return {
    bucket,
    key,
    keyWithSpaces: path.includes("+")
      ? takeApart(decode(path.replaceAll("+", " "), value)).key
      : undefined,
    versionId,
  };
}

function takeApart(source: string): { bucket: string; key: string } {
  const path = source.startsWith("/") ? source.slice(1) : source;
  if (path.startsWith("arn:")) throw new S3Error("NotImplemented", { fields: { Header: HEADER } });
  const slash = path.indexOf("/");
  const key = slash < 0 ? "" : path.slice(slash + 1);
  // AWS gives the header's name for its value here.
  if (key === "") throw invalidArgument("Invalid copy source object key", HEADER, HEADER);
  const bucket = path.slice(0, slash);
  if (!isBucketName(bucket))
    throw invalidArgument("Invalid copy source bucket name", HEADER, bucket);
  return { bucket, key };
}

/**
 * `x-amz-rename-source` of RenameObject: a key of the same bucket, percent-encoded or raw.
 *
 * @throws S3Error InvalidRequest when the header is missing or empty, InvalidArgument
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_RenameObject.html
 */
export function parseRenameSource(headers: Headers): string {
  const value = headers.get("x-amz-rename-source") ?? "";
  if (value === "") {
    const message = "Missing required header for this request: x-amz-rename-source";
    throw new S3Error("InvalidRequest", { message });
  }
  return decode(value, value, "x-amz-rename-source", "Invalid rename source encoding");
}

function decode(
  text: string,
  given: string,
  header = HEADER,
  message = "Invalid copy source encoding",
): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalidArgument(message, header, given);
  }
}
