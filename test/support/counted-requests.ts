import { putObject, signedFetch } from "./client.ts";
import { putDocument } from "./documents.ts";

/* Requests whose cost is counted. */

export function putTags(path: string): Promise<Response> {
  const tag = "<Tag><Key>k</Key><Value>v</Value></Tag>";
  return putDocument(path, { tagging: "" }, "Tagging", `<TagSet>${tag}</TagSet>`);
}

/** @param before how many bodies of this size the object consists of beside its first */
export function append(
  bucket: string,
  key: string,
  body: Uint8Array<ArrayBuffer>,
  before: number,
): Promise<Response> {
  const offset = (before + 1) * body.length;
  return putObject(bucket, key, body, { "x-amz-write-offset-bytes": String(offset) });
}

export function annotate(bucket: string, key: string): Promise<Response> {
  const query = { annotation: "", annotationName: "note" };
  return signedFetch("PUT", `/${bucket}/${key}`, { query, body: "text" });
}

export function listPage(bucket: string, maxKeys: number): Promise<Response> {
  const query = { "list-type": "2", "max-keys": String(maxKeys) };
  return signedFetch("GET", `/${bucket}`, { query });
}
