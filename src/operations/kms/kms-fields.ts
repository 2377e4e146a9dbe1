import { decodeToken, encodeToken } from "../../protocol/continuation-token.ts";
import { KmsError } from "../../protocol/kms/kms-error.ts";
import { integer, list, optional, structure, text } from "../../protocol/query-api/fields.ts";
import type { TagSet } from "../../protocol/tag-set.ts";
import type { KeyPage } from "../../storage/ports/key-directory.ts";

/*
 * Parameters that many actions of KMS have, and parts of their answers.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/, of each action its page
 */

export const keyId = text({ min: 1, max: 2048 });
export const description = text({ max: 8192 });
export const policy = text({
  min: 1,
  max: 131_072,
  pattern: /^[\t\n\r -\u00FF]*$/,
  shown: String.raw`[\u0009\u000A\u000D\u0020-\u00FF]+`,
});
export const aliasName = text({
  min: 1,
  max: 256,
  pattern: /^[a-zA-Z0-9:/_-]+$/,
  shown: "^[a-zA-Z0-9:/_-]+$",
});
export const tags = list(
  structure({ TagKey: text({ min: 1, max: 128 }), TagValue: text({ max: 256 }) }),
);

/** The parameters of every list that comes in pages. */
export const PAGE = {
  Limit: optional(integer(1, 1000)),
  Marker: optional(text({ min: 1, max: 1024 })),
};

const DEFAULT_LIMIT = 100;
const MAX_TAGS = 50;

/** @throws KmsError InvalidMarkerException */
export function pageRequest(input: {
  readonly Limit: number | undefined;
  readonly Marker: string | undefined;
}): { after: string | undefined; limit: number } {
  const { Limit: limit = DEFAULT_LIMIT, Marker: marker } = input;
  if (marker === undefined) return { after: undefined, limit };
  try {
    return { after: decodeToken(marker), limit };
  } catch {
    throw new KmsError("InvalidMarkerException", "Could not deserialize marker");
  }
}

/** `Truncated`, which is always told, and `NextMarker`. */
export function pageMembers({ next }: Pick<KeyPage<unknown>, "next">): object {
  return {
    Truncated: next !== undefined,
    ...(next !== undefined && { NextMarker: encodeToken(next) }),
  };
}

/**
 * Tags that a key is to be given.
 *
 * @throws KmsError TagException
 */
export function newTags(
  given: readonly { readonly TagKey: string; readonly TagValue: string }[],
): TagSet {
  const made = given.map(({ TagKey: key, TagValue: value }) => ({ key, value }));
  if (made.length > MAX_TAGS) throw new KmsError("TagException", "Too many tags");
  if (made.some(({ key }) => key.toLowerCase().startsWith("aws:")))
    throw new KmsError("TagException", "Tags beginning with aws: are reserved");
  if (new Set(made.map(({ key }) => key)).size < made.length)
    throw new KmsError("TagException", "Duplicate tag keys");
  return made;
}

/** Times are seconds since 1970. */
export function kmsTime(ms: number): number {
  return ms / 1000;
}
