import type { JsonValue } from "../../lib/strict-json.ts";
import { S3Error } from "../errors.ts";
import { readJson } from "../read-json.ts";

/** How a bucket's objects are read at the edge: `public` lets a cache answer what everybody may read anyway. */
export interface EdgeDocument {
  readonly mode: "public";
  /** How old what the cache answers may be. */
  readonly maxAgeSeconds: number;
}

const MAX_AGE_SECONDS = 86_400;

/**
 * Reads `{"mode": "public", "maxAgeSeconds": 60}`, or `{"mode": "off"}`.
 *
 * @returns undefined: off
 * @throws S3Error InvalidRequest, which says what is wrong
 */
export function readEdgeDocument(body: Uint8Array): EdgeDocument | undefined {
  const document = readJson(body, 2);
  if (!(document instanceof Map)) throw invalid("The document is no JSON object.");
  const { mode, maxAgeSeconds, ...others } = Object.fromEntries(document) as Readonly<
    Record<string, JsonValue | undefined>
  >;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw invalid(`The document has a member ${unknown}, which is none.`);
  if (mode === "off" && maxAgeSeconds === undefined) return undefined;
  if (mode !== "public") throw invalid('mode is neither "off", alone, nor "public".');
  const isAge = typeof maxAgeSeconds === "number" && Number.isInteger(maxAgeSeconds);
  if (!isAge || maxAgeSeconds < 1 || maxAgeSeconds > MAX_AGE_SECONDS)
    throw invalid(`maxAgeSeconds is no whole number from 1 to ${MAX_AGE_SECONDS}.`);
  return { mode, maxAgeSeconds };
}

function invalid(message: string): S3Error {
  return new S3Error("InvalidRequest", { message });
}
