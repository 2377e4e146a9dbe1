import { expect } from "vitest";
import { putDocument } from "./documents.ts";

/** One rule, about all keys unless the text has a filter of its own. */
export function rule(actions: string, filter = "<Filter/>", id = "r", status = "Enabled"): string {
  return `<Rule><ID>${id}</ID>${filter}<Status>${status}</Status>${actions}</Rule>`;
}

export function putLifecycle(
  bucket: string,
  rules: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return putDocument(`/${bucket}`, { lifecycle: "" }, "LifecycleConfiguration", rules, headers);
}

export async function setLifecycle(bucket: string, rules: string): Promise<void> {
  const response = await putLifecycle(bucket, rules);
  expect(response.status, await response.text()).toBe(200);
}
