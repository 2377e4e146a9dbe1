import { createHash } from "node:crypto";
import { expect } from "vitest";
import { ENDPOINT, expectError, rawFetch } from "./client.ts";

/** Whose the objects are that nobody signed for. */
export const ANONYMOUS_ID = "65a011a29cdf8ec533ec3d1ccaae921c";

interface Unsigned {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Nobody signs this request; its body is vouched for. @param path `/bucket/key?query` */
export function anonymously(
  method: string,
  path: string,
  { body, headers = {} }: Unsigned = {},
): Promise<Response> {
  const url = `${ENDPOINT}${path}`;
  if (body === undefined) return rawFetch(url, { method, headers });
  const vouched = {
    "content-length": String(Buffer.byteLength(body)),
    "content-md5": createHash("md5").update(body).digest("base64"),
  };
  return rawFetch(url, { method, body, headers: { ...vouched, ...headers } });
}

/** Nobody may do this without a signature. */
export async function expectDenied(method: string, path: string, init?: Unsigned): Promise<void> {
  await expectError(await anonymously(method, path, init), 403, "AccessDenied");
}

/** Puts an object that nobody signs for. @param path `bucket/key` */
export async function putAnonymously(
  path: string,
  headers: Unsigned["headers"] = {},
): Promise<void> {
  const answer = await anonymously("PUT", `/${path}`, { body: "theirs", headers });
  expect(answer.status, await answer.text()).toBe(200);
}
