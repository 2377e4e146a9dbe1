import { grantHeaders } from "../../protocol/acl/grant-headers.ts";
import { REPLICA_HEADER } from "../../protocol/replica-header.ts";
import type { Check } from "./checks.ts";

/** Headers of an upload that ask for an action of their own, and the condition keys that name them. */
const OF_UPLOADS: readonly (readonly [header: string, action: string, keys: readonly string[]])[] =
  [
    ["x-amz-acl", "s3:PutObjectAcl", ["s3:x-amz-acl"]],
    ["x-amz-tagging", "s3:PutObjectTagging", ["s3:requestobjecttag", "s3:requestobjecttagkeys"]],
  ];

const OF_LOCKS: readonly (readonly [header: string, action: string])[] = [
  ["x-amz-object-lock-mode", "s3:PutObjectRetention"],
  ["x-amz-object-lock-event-hold", "s3:PutObjectRetention"],
  ["x-amz-object-lock-legal-hold", "s3:PutObjectLegalHold"],
];

/**
 * What an upload or a copy needs beside `s3:PutObject`.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 */
export function uploadChecks(headers: Headers): readonly Check[] {
  const checks: Check[] = [];
  for (const [header, action, headerKeys] of OF_UPLOADS)
    if (headers.has(header)) checks.push({ action, on: "object", headerKeys });
  for (const header of grantHeaders(headers))
    checks.push({ action: "s3:PutObjectAcl", on: "object", headerKeys: [`s3:${header}`] });
  checks.push(...replicaChecks(headers));
  for (const [header, action] of OF_LOCKS)
    if (headers.has(header)) checks.push({ action, on: "object" });
  return checks;
}

/** Who says that it brings another Ledge's version has to be allowed to. */
export function replicaChecks(headers: Headers): readonly Check[] {
  return headers.has(REPLICA_HEADER) ? [{ action: "s3:ReplicateObject", on: "object" }] : [];
}

/**
 * What CreateBucket needs beside `s3:CreateBucket`.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
 */
export function newBucketChecks(headers: Headers, hasTags: boolean): readonly Check[] {
  const ownership = headers.get("x-amz-object-ownership") ?? "ObjectWriter";
  const hasLock = headers.get("x-amz-bucket-object-lock-enabled")?.toLowerCase() === "true";
  const hasAcl = headers.has("x-amz-acl") || grantHeaders(headers).length > 0;
  const actions = [
    ...(hasAcl ? ["s3:PutBucketAcl"] : []),
    ...(ownership === "ObjectWriter" ? [] : ["s3:PutBucketOwnershipControls"]),
    ...(hasLock ? ["s3:PutBucketObjectLockConfiguration", "s3:PutBucketVersioning"] : []),
    ...(hasTags ? ["s3:PutBucketTagging"] : []),
  ];
  return actions.map((action) => ({ action, on: "bucket" }));
}
