import type { Check } from "../domain/access/checks.ts";
import { replicaChecks, uploadChecks } from "../domain/access/extra-checks.ts";
import { versionAction } from "../domain/access/request-facts.ts";
import type { Access } from "./operation.ts";

/*
 * What callers need to be allowed, in the words of policies.
 *
 * Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html, and of each operation its page
 * of the API reference, under "Permissions"
 */

/** No policy gives it to anonymous callers. */
export const SIGNED_ONLY = { signedOnly: true } as const;

/** No policy gives it to another account than the bucket's. */
export const OWN_ACCOUNT_ONLY = { ownAccountOnly: true } as const;

/** @param action without its service, `ListBucket` */
export function onBucket(action: string, limits: Partial<Check> = {}): Access {
  return always({ ...limits, action: `s3:${action}`, on: "bucket" });
}

/** What has no bucket. */
export function onAny(action: string, limits: Partial<Check> = {}): Access {
  return always({ ...limits, action: `s3:${action}`, on: "any" });
}

export function onObject(action: string, limits: Partial<Check> = {}): Access {
  return always({ ...limits, action: `s3:${action}`, on: "object" });
}

/** `GetObject`, or with `?versionId` in its place `GetObjectVersion`. */
export function onVersion(...actions: readonly string[]): Access {
  const current = actions.map((action) => check(action, undefined));
  const older = actions.map((action) => check(action, "any"));
  return ({ query }) => (query.has("versionId") ? older : current);
}

/** What makes an object, or begins to. */
export function ofUpload(limits: Partial<Check> = {}): Access {
  const put: Check = { ...limits, action: "s3:PutObject", on: "object" };
  return ({ headers }) => [put, ...uploadChecks(headers)];
}

/** What makes an object of an upload. */
export function ofCompletion(limits: Partial<Check>): Access {
  const put: Check = { ...limits, action: "s3:PutObject", on: "object" };
  return ({ headers }) => [put, ...replicaChecks(headers)];
}

function always(check: Check): Access {
  const checks = [check];
  return () => checks;
}

function check(action: string, versionId: string | undefined): Check {
  return { action: versionAction(action, versionId), on: "object" };
}
