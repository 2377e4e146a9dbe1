import type { XmlNode } from "../../lib/xml-writer.ts";
import { decodeToken, encodeToken } from "../continuation-token.ts";
import { integer, optional, text } from "./fields.ts";
import { QueryError } from "./query-error.ts";

const DEFAULT_ITEMS = 100;

/** The parameters of every list that comes in pages. */
export const PAGE = {
  Marker: optional(text({ min: 1 })),
  MaxItems: optional(integer(1, 1000)),
};

/** Which page is asked for. */
export interface PageRequest {
  /** What the page before ended with; undefined: the first is asked for. */
  readonly after: string | undefined;
  readonly limit: number;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** There is more behind this; undefined: there is not. */
  readonly next: string | undefined;
}

/** @throws QueryError ValidationError for a marker that no list has given */
export function pageRequest(input: {
  readonly Marker: string | undefined;
  readonly MaxItems: number | undefined;
}): PageRequest {
  const { Marker: marker, MaxItems: limit = DEFAULT_ITEMS } = input;
  if (marker === undefined) return { after: undefined, limit };
  try {
    return { after: decodeToken(marker), limit };
  } catch {
    throw new QueryError("ValidationError", { message: "Invalid Marker." });
  }
}

/** `<IsTruncated>`, which is always sent, and `<Marker>`. */
export function pageContent({ next }: Page<unknown>): XmlNode[] {
  return [
    ["IsTruncated", next !== undefined],
    ["Marker", next === undefined ? undefined : encodeToken(next)],
  ];
}
