import { isHeaderName, isHeaderValue } from "../../lib/header-text.ts";
import { XmlSyntaxError, parseXml } from "../../lib/xml-reader.ts";
import { invalidArgument, S3Error } from "../errors.ts";
import { MAX_KEY_BYTES } from "../limits.ts";
import { readTagging } from "../tags.ts";
import { type FormHead, headTooLong, MAX_HEAD_BYTES } from "./form-head.ts";

const FILE_NAME = "${filename}";
const META_PREFIX = "x-amz-meta-";
const PRINTABLE = /^[\t\x20-\x7e]*$/;

/**
 * The fields of a form by their lower-case names. `${filename}` stands for the name of the file without its folders, if it
 * has one.
 *
 * @throws S3Error InvalidArgument for a name that comes twice, MaxPostPreDataLengthExceeded
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html
 */
export function formFields({ fields, fileName }: FormHead): ReadonlyMap<string, string> {
  const byName = new Map<string, string>();
  const baseName = fileName?.slice(
    Math.max(fileName.lastIndexOf("/"), fileName.lastIndexOf("\\")) + 1,
  );
  let length = 0;
  for (const { name: given, value } of fields) {
    const name = given.toLowerCase();
    if (byName.has(name) && !name.startsWith("x-ignore-"))
      throw invalidArgument("POST requires exactly one field of each name.", given, value);
    const filled = baseName === undefined ? value : filledIn(value, baseName, length);
    length += filled.length;
    byName.set(name, filled);
  }
  return byName;
}

/** What 20 KB of fields say with the file's name for every `${filename}` could be 10 MB. */
function filledIn(value: string, baseName: string, lengthBefore: number): string {
  const pieces = value.split(FILE_NAME);
  if (lengthBefore + value.length + pieces.length * baseName.length > 2 * MAX_HEAD_BYTES)
    throw headTooLong();
  return pieces.join(baseName);
}

/**
 * The field that has to be there.
 *
 * @throws S3Error InvalidArgument
 */
export function requiredField(fields: ReadonlyMap<string, string>, name: string): string {
  const value = fields.get(name.toLowerCase());
  if (value !== undefined) return value;
  const message = `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`;
  throw invalidArgument(message, name, "");
}

/** @throws S3Error InvalidArgument, KeyTooLongError */
export function keyOfForm(fields: ReadonlyMap<string, string>): string {
  const key = requiredField(fields, "key");
  if (key === "") throw invalidArgument("User key must have a length greater than 0.", "key", "");
  const sizeBytes = Buffer.byteLength(key);
  if (sizeBytes > MAX_KEY_BYTES)
    throw new S3Error("KeyTooLongError", {
      fields: { Size: String(sizeBytes), MaxSizeAllowed: String(MAX_KEY_BYTES) },
    });
  return key;
}

/** Fields that are headers of PutObject under another name, or the same. */
const HEADER_OF_FIELD: Readonly<Record<string, string>> = {
  acl: "x-amz-acl",
  "cache-control": "cache-control",
  "content-disposition": "content-disposition",
  "content-encoding": "content-encoding",
  "content-language": "content-language",
  "content-md5": "content-md5",
  "content-type": "content-type",
  expires: "expires",
  "x-amz-security-token": "x-amz-security-token",
  "x-amz-storage-class": "x-amz-storage-class",
  "x-amz-website-redirect-location": "x-amz-website-redirect-location",
};

const HEADER_PREFIXES = [
  META_PREFIX,
  "x-amz-checksum-",
  "x-amz-grant-",
  "x-amz-object-lock-",
  "x-amz-server-side-encryption",
];

/** What a form's own request says of itself as of any other; all else that an upload obeys comes from the fields. */
const FROM_REQUEST: ReadonlySet<string> = new Set([
  "x-amz-expected-bucket-owner",
  "x-amz-request-payer",
]);

/**
 * The headers with which PutObject would do what a form asks for.
 *
 * @param received those of the form's request
 * @throws S3Error InvalidArgument for what no header can be, MalformedXML and InvalidTag for `tagging`
 */
export function headersOfForm(fields: ReadonlyMap<string, string>, received: Headers): Headers {
  const headers = new Headers();
  for (const [name, value] of received)
    if (headerOf(name) === undefined && (!name.startsWith("x-amz-") || FROM_REQUEST.has(name)))
      headers.set(name, value);
  headers.delete("authorization");
  for (const [name, value] of fields) {
    const header = headerOf(name);
    if (header !== undefined) headers.set(header, headerValue(header, value));
  }
  const tagging = fields.get("tagging");
  if (tagging !== undefined) setTagging(headers, tagging);
  return headers;
}

function headerOf(field: string): string | undefined {
  if (Object.hasOwn(HEADER_OF_FIELD, field)) return HEADER_OF_FIELD[field];
  return HEADER_PREFIXES.some((prefix) => field.startsWith(prefix)) ? field : undefined;
}

/** Metadata may be any text; as one encoded word it passes as a header, and is stored like any. */
function headerValue(name: string, value: string): string {
  if (!isHeaderName(name))
    throw invalidArgument("The name of the field cannot be a header's.", name);
  if (name.startsWith(META_PREFIX)) {
    if (PRINTABLE.test(value) && !value.startsWith("=?")) return value;
    return `=?UTF-8?B?${Buffer.from(value).toString("base64")}?=`;
  }
  if (!isHeaderValue(value))
    throw invalidArgument("Header value cannot be represented using ISO-8859-1.", name, value);
  return value;
}

/** Recorded from AWS: a document with another root has no tags. */
function setTagging(headers: Headers, document: string): void {
  if (rootName(document) !== "Tagging") return;
  const tags = readTagging(Buffer.from(document));
  const pairs = tags.map(
    ({ key, value }) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`,
  );
  headers.set("x-amz-tagging", pairs.join("&"));
}

function rootName(document: string): string {
  try {
    return parseXml(document).name;
  } catch (error) {
    if (error instanceof XmlSyntaxError) throw new S3Error("MalformedXML");
    throw error;
  }
}
