import { parseIsoDate } from "../lib/http-date.ts";
import { JsonSyntaxError, type JsonValue, parseStrictJson } from "../lib/strict-json.ts";
import { S3Error } from "./errors.ts";
import { isEtag } from "./etag.ts";
import { MAX_PARTS } from "./limits.ts";
import type { ImportedVersion } from "./object-record.ts";
import { isSignedHeader } from "./replica-header.ts";
import { isVersionId } from "./version-id.ts";

/** What the deployment's root says of a version that it brings from another server: JSON, `{"versionId", "lastModified", "etag", "partSizes"}`. */
export const IMPORT_HEADER = "x-ledge-import";

const MEMBERS: ReadonlySet<string> = new Set(["versionId", "lastModified", "etag", "partSizes"]);
/** Clocks differ. */
const MOST_AHEAD_MS = 15 * 60_000;

export interface ParsedImport {
  readonly versionId: string;
  readonly imported: ImportedVersion;
}

/**
 * What a request says of the version that it brings; undefined: it brings none.
 *
 * @throws S3Error InvalidRequest: what it says is malformed, or not signed
 */
export function parseImport(headers: Headers, nowMs: number): ParsedImport | undefined {
  const text = headers.get(IMPORT_HEADER);
  if (text === null) return undefined;
  const members = membersOf(text);
  if (members === undefined) throw invalid("is no JSON object");
  if (!isSignedHeader(headers, IMPORT_HEADER)) throw invalid("is not signed");
  for (const name of members.keys()) if (!MEMBERS.has(name)) throw invalid("has other members");
  const versionId = members.get("versionId");
  if (typeof versionId !== "string" || !isVersionId(versionId)) throw invalid("has no versionId");
  const lastModified = members.get("lastModified");
  const lastModifiedMs = typeof lastModified === "string" ? parseIsoDate(lastModified) : undefined;
  if (lastModifiedMs === undefined || lastModifiedMs < 0 || lastModifiedMs > nowMs + MOST_AHEAD_MS)
    throw invalid("has no lastModified, as 2026-11-26T12:00:00.000Z");
  const etag = members.get("etag");
  if (etag !== undefined && (typeof etag !== "string" || !isEtag(etag)))
    throw invalid("has an etag that is none");
  const partSizes = members.get("partSizes");
  if (partSizes !== undefined && !isPartSizes(partSizes))
    throw invalid("has partSizes that are no sizes of parts");
  return {
    versionId,
    imported: {
      lastModifiedMs,
      ...(etag !== undefined && { etag }),
      ...(partSizes !== undefined && { partSizes }),
    },
  };
}

function membersOf(text: string): ReadonlyMap<string, JsonValue> | undefined {
  try {
    const value = parseStrictJson(text, 2);
    return value instanceof Map ? value : undefined;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
}

function isPartSizes(value: JsonValue): value is readonly number[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= MAX_PARTS &&
    value.every((size) => Number.isSafeInteger(size) && size > 0)
  );
}

function invalid(what: string): S3Error {
  return new S3Error("InvalidRequest", { message: `${IMPORT_HEADER} ${what}` });
}
