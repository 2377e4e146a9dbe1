import { JsonSyntaxError, type JsonValue, parseStrictJson } from "../lib/strict-json.ts";
import { S3Error } from "./errors.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/**
 * The document of one of Ledge's own requests.
 *
 * @param maxDepth objects and lists within each other
 * @throws S3Error InvalidRequest: it is no JSON in UTF-8, has a member twice, or is deeper
 */
export function readJson(body: Uint8Array, maxDepth: number): JsonValue {
  try {
    return parseStrictJson(UTF8.decode(body), maxDepth);
  } catch (error) {
    if (error instanceof JsonSyntaxError || error instanceof TypeError)
      throw new S3Error("InvalidRequest", { message: "The document is no JSON." });
    throw error;
  }
}
