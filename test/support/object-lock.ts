import { expect } from "vitest";
import { elements, expectError, signedFetch } from "./client.ts";
import { expectOk, putDocument } from "./documents.ts";

export const MODE = "x-amz-object-lock-mode";
export const UNTIL = "x-amz-object-lock-retain-until-date";
export const EVENT_HOLD = "x-amz-object-lock-event-hold";
export const HOLD = "x-amz-object-lock-legal-hold";

type Headers = Readonly<Record<string, string>>;

export const BYPASS: Headers = { "x-amz-bypass-governance-retention": "true" };

/** Makes a bucket that no other test has, with Object Lock. */
export async function lockedBucket(): Promise<string> {
  const name = `bucket-${crypto.randomUUID()}`;
  const headers = { "x-amz-bucket-object-lock-enabled": "true" };
  await expectOk(signedFetch("PUT", `/${name}`, { headers }));
  return name;
}

/** A date so many days from now, to the second. */
export function inDays(days: number): string {
  const timeMs = Date.now() + days * 86_400_000;
  return new Date(timeMs - (timeMs % 1000)).toISOString();
}

/** Headers of an upload that is retained. */
export function retained(mode: "GOVERNANCE" | "COMPLIANCE", until = inDays(1)): Headers {
  return { [MODE]: mode, [UNTIL]: until };
}

export function putLockConfiguration(bucket: string, rule = ""): Promise<Response> {
  const content = `<ObjectLockEnabled>Enabled</ObjectLockEnabled>${rule}`;
  return putDocument(`/${bucket}`, { "object-lock": "" }, "ObjectLockConfiguration", content);
}

/** @param period e.g. `<Days>1</Days>` */
export function ruleOf(mode: "GOVERNANCE" | "COMPLIANCE", period: string): string {
  return `<Rule><DefaultRetention><Mode>${mode}</Mode>${period}</DefaultRetention></Rule>`;
}

/** @param mode undefined puts an empty retention */
export function putRetention(
  path: string,
  mode: string | undefined,
  until = inDays(1),
  { headers = {}, versionId }: { headers?: Headers; versionId?: string } = {},
): Promise<Response> {
  const content =
    mode === undefined ? "" : `<Mode>${mode}</Mode><RetainUntilDate>${until}</RetainUntilDate>`;
  const query = { retention: "", ...(versionId !== undefined && { versionId }) };
  return putDocument(path, query, "Retention", content, headers);
}

export function putLegalHold(path: string, status: string, versionId?: string): Promise<Response> {
  const query = { "legal-hold": "", ...(versionId !== undefined && { versionId }) };
  return putDocument(path, query, "LegalHold", `<Status>${status}</Status>`);
}

/** What HEAD tells of the lock: mode, date and hold. */
export async function lockOf(path: string, versionId?: string): Promise<(string | null)[]> {
  const query = versionId === undefined ? {} : { versionId };
  const { status, headers } = await signedFetch("HEAD", path, { query });
  expect(status).toBe(200);
  return [MODE, UNTIL, HOLD].map((name) => headers.get(name));
}

export function deleteVersion(
  path: string,
  versionId: string,
  headers: Headers = {},
): Promise<Response> {
  return signedFetch("DELETE", path, { query: { versionId }, headers });
}

/** Expects that Object Lock has forbidden the request. */
export async function expectLocked(response: Promise<Response>): Promise<void> {
  const document = await expectError(await response, 403, "AccessDenied");
  expect(elements(document, "Message")).toEqual([
    "Access Denied because object protected by object lock.",
  ]);
}
