import { expect } from "vitest";
import { elements, signedFetch } from "./client.ts";

export const ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers";
export const AUTHENTICATED_USERS = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
export const LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery";

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

/** Whom an ACL grants something: groups by their URIs, then accounts by their ids. */
export async function granteesOf(path: string): Promise<string[]> {
  const document = await aclOf(path);
  return [...elements(document, "URI"), ...elements(document, "ID").slice(1)];
}
