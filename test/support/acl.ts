import { expect } from "vitest";
import { signedFetch } from "./client.ts";

type Headers = Readonly<Record<string, string>>;

const query = { acl: "" };

/** The ACL of a bucket or an object, as a document. */
export async function aclOf(path: string, versionId?: string): Promise<string> {
  const asked = { ...query, ...(versionId !== undefined && { versionId }) };
  const response = await signedFetch("GET", `/${path}`, { query: asked });
  const document = await response.text();
  expect(response.status, document).toBe(200);
  return document;
}

/** Asks for an ACL, by headers or as a document. */
export function putAcl(path: string, headers: Headers = {}, body?: string): Promise<Response> {
  return signedFetch("PUT", `/${path}`, {
    query,
    headers,
    ...(body !== undefined && { body }),
  });
}

/** Puts an ACL, and expects that to work. */
export async function setAcl(path: string, headers: Headers, body?: string): Promise<void> {
  const response = await putAcl(path, headers, body);
  expect(response.status, await response.text()).toBe(200);
}
