import { invalidArgument, type S3Error } from "./errors.ts";

/** The first character of every token says how the rest is to be read, so that it can change. */
const VERSION = "1";
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A token of a listing, which goes on after this position. */
export function encodeToken(position: string): string {
  return VERSION + Buffer.from(position).toString("base64url");
}

/**
 * The position that a token was made of.
 *
 * @throws S3Error InvalidArgument for anything that {@link encodeToken} did not make, an empty token included
 */
export function decodeToken(token: string): string {
  const bytes = Buffer.from(token.slice(VERSION.length), "base64url");
  if (VERSION + bytes.toString("base64url") !== token) throw incorrectToken();
  try {
    return UTF8.decode(bytes);
  } catch {
    throw incorrectToken();
  }
}

/** AWS does not repeat what it was (recorded 2026-02). */
function incorrectToken(): S3Error {
  return invalidArgument("The continuation token provided is incorrect", "continuation-token");
}
