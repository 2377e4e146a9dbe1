import { S3Error } from "../errors.ts";
import { readJson } from "../read-json.ts";

/** What a bucket may have at most. */
export interface Quota {
  /** Of all versions, and of the parts of uploads in progress; undefined: any number. */
  readonly bytes?: number;
  /** Versions, current and older ones, without delete markers; undefined: any number. */
  readonly objects?: number;
}

const MEMBERS: ReadonlySet<string> = new Set(["bytes", "objects"]);

/**
 * Reads `{"bytes": 1000000, "objects": 100}`, of which one may be missing.
 *
 * @throws S3Error InvalidRequest, which says what is wrong
 */
export function readQuota(body: Uint8Array): Quota {
  const document = readJson(body, 2);
  if (!(document instanceof Map) || document.size === 0)
    throw invalid("The document is no JSON object with bytes, objects, or both.");
  for (const [name, value] of document) {
    if (!MEMBERS.has(name)) throw invalid("The document has a member that is none of a quota.");
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
      throw invalid(`${name} is no whole number from 0 to ${Number.MAX_SAFE_INTEGER}.`);
  }
  return Object.fromEntries(document) as Quota;
}

function invalid(message: string): S3Error {
  return new S3Error("InvalidRequest", { message });
}
