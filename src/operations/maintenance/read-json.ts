import { readDocument } from "../../domain/body/read-document.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { AccountContext } from "../operation.ts";

/** The JSON object that a request brings. @throws S3Error InvalidRequest when it is none */
export async function readJson<T extends object>(
  context: AccountContext,
  maxBytes: number,
): Promise<Partial<T>> {
  const document = await readDocument(context, maxBytes);
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(document));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Told below.
  }
  throw invalid("The document is no JSON object");
}

export function invalid(message: string): S3Error {
  return new S3Error("InvalidRequest", { message });
}

/** A list of objects, whose members may be anything. @param what they are @throws S3Error InvalidRequest when it is none */
export function objectsIn<T extends object>(list: unknown, what: string): readonly Partial<T>[] {
  const isList =
    Array.isArray(list) && list.every((each) => typeof each === "object" && each !== null);
  if (!isList) throw invalid(`The document has no list of ${what}`);
  return list;
}
