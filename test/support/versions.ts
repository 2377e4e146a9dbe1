import { expect } from "vitest";
import { elements, putObject, signedFetch, uniqueBucket } from "./client.ts";

const NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

export async function setVersioning(
  bucket: string,
  status: "Enabled" | "Suspended",
): Promise<void> {
  const body = `<VersioningConfiguration ${NAMESPACE}><Status>${status}</Status></VersioningConfiguration>`;
  const response = await signedFetch("PUT", `/${bucket}`, { query: { versioning: "" }, body });
  expect(response.status, await response.text()).toBe(200);
}

export async function versionedBucket(): Promise<string> {
  const bucket = await uniqueBucket();
  await setVersioning(bucket, "Enabled");
  return bucket;
}

export async function put(bucket: string, key: string, body: string): Promise<string | null> {
  return (await putObject(bucket, key, body)).headers.get("x-amz-version-id");
}

/** Puts an object with headers and answers the id of its version. */
export async function putVersion(
  bucket: string,
  key: string,
  body = "",
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  return (await putObject(bucket, key, body, headers)).headers.get("x-amz-version-id") ?? "";
}

export async function remove(bucket: string, key: string, versionId?: string): Promise<Response> {
  const query = versionId === undefined ? {} : { versionId };
  const response = await signedFetch("DELETE", `/${bucket}/${key}`, { query });
  expect(response.status).toBe(204);
  return response;
}

export async function get(bucket: string, key: string, versionId?: string): Promise<Response> {
  return signedFetch("GET", `/${bucket}/${key}`, {
    query: versionId === undefined ? {} : { versionId },
  });
}

interface Listed {
  readonly kind: string;
  readonly key: string;
  readonly id: string;
  readonly isLatest: boolean;
}

export async function listVersions(
  bucket: string,
  query: Readonly<Record<string, string>> = {},
): Promise<{ versions: Listed[]; document: string }> {
  const response = await signedFetch("GET", `/${bucket}`, { query: { versions: "", ...query } });
  const document = await response.text();
  expect(response.status, document).toBe(200);
  const nodes = document.matchAll(/<(Version|DeleteMarker)>(.*?)<\/\1>/g);
  const versions = [...nodes].map(([, kind = "", content = ""]) => ({
    kind,
    key: elements(content, "Key")[0] ?? "",
    id: elements(content, "VersionId")[0] ?? "",
    isLatest: elements(content, "IsLatest")[0] === "true",
  }));
  return { versions, document };
}
