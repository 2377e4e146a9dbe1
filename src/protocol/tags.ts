import { compareUtf8 } from "../lib/utf8-order.ts";
import { type Infer, many, object, one, optional, text } from "../lib/xml-shape.ts";
import type { XmlContent } from "../lib/xml-writer.ts";
import { invalidArgument, S3Error } from "./errors.ts";
import { readXml } from "./read-xml.ts";
import type { Tag, TagSet } from "./tag-set.ts";

/** In UTF-16 code units, which is what AWS counts. */
const MAX_KEY_LENGTH = 128;
const MAX_VALUE_LENGTH = 256;
const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const RESERVED_PREFIX = "aws:";

interface TagLimits {
  readonly maxTags: number;
  readonly tooManyMessage: string;
  /** For a key that begins with `aws:`; AWS does not name it when a bucket is made. */
  readonly reservedMessage: string;
}

const BUCKET_LIMITS = {
  maxTags: 50,
  tooManyMessage: "Bucket tag count cannot be greater than 50",
};

const LIMITS = {
  object: {
    maxTags: 10,
    tooManyMessage: "Object tags cannot be greater than 10",
    reservedMessage: "Your TagKey cannot be prefixed with aws:",
  },
  bucket: {
    ...BUCKET_LIMITS,
    reservedMessage: "System tags cannot be added/updated by requester",
  },
  "new bucket": {
    ...BUCKET_LIMITS,
    reservedMessage:
      'User-defined tag keys can\'t start with "aws:". This prefix is reserved for system tags. Remove "aws:" from your tag keys and try again.',
  },
} as const satisfies Readonly<Record<string, TagLimits>>;

export type Tagged = keyof typeof LIMITS;

/** `<TagSet>` of the documents that have one. */
export const TagSetShape = object({
  Tag: many(object({ Key: one(text), Value: one(text) })),
});
/** The document of PutObjectTagging and PutBucketTagging. */
export const Tagging = object({ TagSet: optional(TagSetShape) });

/**
 * Reads the document of PutObjectTagging.
 *
 * @throws S3Error MalformedXML, InvalidTag
 */
export function readTagging(document: Uint8Array): TagSet {
  const { TagSet: tagSet } = readXml(document, "Tagging", Tagging);
  return tagSetOf(tagSet?.Tag ?? [], "object");
}

/** The document that tags are told in. */
export function taggingOf(tags: TagSet): Infer<typeof Tagging> {
  return { TagSet: { Tag: tags.map(({ key, value }) => ({ Key: key, Value: value })) } };
}

/** What is in `<Tagging>`. */
export function taggingContent(tags: TagSet): XmlContent {
  return Tagging.write(taggingOf(tags));
}

/**
 * The tags of a document's elements.
 *
 * @throws S3Error InvalidTag
 */
export function tagSetOf(
  elements: readonly { readonly Key: string; readonly Value: string }[],
  tagged: Tagged,
): TagSet {
  const tags = elements.map(({ Key, Value }) => ({ key: Key, value: Value }));
  checkTags(tags, tagged);
  const seen = new Set<string>();
  for (const { key } of tags) {
    if (seen.has(key))
      throw invalidTag("Cannot provide multiple Tags with the same key", { TagKey: key });
    seen.add(key);
  }
  return tags;
}

/**
 * `x-amz-tagging`: the tags of an object that is being made, as `k1=v1&k2`, sorted by their keys: a query has no order.
 *
 * @throws S3Error InvalidArgument when it is no such query, or names a key twice; InvalidTag
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 */
export function parseTaggingHeader(headers: Headers): TagSet {
  const query = headers.get("x-amz-tagging") ?? "";
  const pairs = query.split("&").filter((pair) => pair !== "");
  const tags = pairs.map((pair) => parsePair(pair) ?? refuseHeader(query));
  tags.sort((a, b) => compareUtf8(a.key, b.key));
  if (tags.some(({ key }, i) => key === tags[i + 1]?.key)) refuseHeader(query);
  checkTags(tags, "object");
  return tags;
}

/** Undefined: it is not `key`, `key=` or `key=value`. */
function parsePair(pair: string): Tag | undefined {
  const [key = "", value = "", ...rest] = pair.split("=");
  if (key === "" || rest.length > 0) return undefined;
  try {
    return { key: decode(key), value: decode(value) };
  } catch {
    return undefined;
  }
}

/** @throws URIError for escapes that are not UTF-8 */
function decode(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}

function refuseHeader(value: string): never {
  const message =
    "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.";
  throw invalidArgument(message, "x-amz-tagging", value);
}

/** @throws S3Error InvalidTag */
function checkTags(tags: TagSet, tagged: Tagged): void {
  const { maxTags, tooManyMessage, reservedMessage } = LIMITS[tagged];
  for (const { key, value } of tags) {
    if (key.startsWith(RESERVED_PREFIX))
      throw invalidTag(reservedMessage, tagged === "new bucket" ? {} : { TagKey: key });
    if (key === "" || key.length > MAX_KEY_LENGTH || !ALLOWED.test(key))
      throw invalidTag("The TagKey you have provided is invalid", { TagKey: key });
    if (value.length > MAX_VALUE_LENGTH || !ALLOWED.test(value))
      throw invalidTag("The TagValue you have provided is invalid", {
        TagKey: key,
        TagValue: value,
      });
  }
  if (tags.length > maxTags) throw invalidTag(tooManyMessage, {});
}

function invalidTag(message: string, fields: Readonly<Record<string, string>>): S3Error {
  return new S3Error("InvalidTag", { message, fields });
}
