import { expect } from "vitest";
import { signedFetch } from "./client.ts";

const NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

/** Expects a request to succeed. */
export async function expectOk(response: Promise<Response>, status = 200): Promise<Response> {
  const answer = await response;
  expect(answer.status, await answer.clone().text()).toBe(status);
  return answer;
}

/** `PUT` of a document: `root` with `content`, in S3's namespace. */
export function putDocument(
  path: string,
  query: Readonly<Record<string, string>>,
  root: string,
  content: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const body = `<${root} ${NAMESPACE}>${content}</${root}>`;
  return signedFetch("PUT", path, { query, headers, body });
}
