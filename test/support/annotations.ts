import { expect } from "vitest";
import { elements, encodeKey, signedFetch } from "./client.ts";

/** Gives an object an annotation; `path` is bucket and key. */
export async function annotate(path: string, name: string): Promise<void> {
  const query = { annotation: "", annotationName: name };
  const response = await signedFetch("PUT", `/${encodeKey(path)}`, { query, body: `of ${name}` });
  expect(response.status, await response.text()).toBe(200);
}

/** The names of an object's annotations, in order. */
export async function annotationsOf(path: string): Promise<string[]> {
  const response = await signedFetch("GET", `/${encodeKey(path)}`, { query: { annotation: "" } });
  const document = await response.text();
  expect(response.status, document).toBe(200);
  return elements(document, "AnnotationName");
}
