import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { policyText } from "../support/policy-text.ts";
import { awsEnvironment } from "./aws-cli.ts";
import type { Client, ClientContext, Step } from "./client.ts";

/** A site that everybody reads, and how it is shut again, as people do it from a shell. */
export function awsCliAccess(program: string): Client {
  return {
    name: `aws-cli access (${program})`,
    probe: [program, "--version"],
    environment: awsEnvironment,
    steps: (context) => steps(program, context),
  };
}

const BLOCKED = "BlockPublicAcls=true,IgnorePublicAcls=true";
const SHUT = `${BLOCKED},BlockPublicPolicy=true,RestrictPublicBuckets=true`;

function steps(program: string, { endpoint, bucket, folder }: ClientContext): readonly Step[] {
  const site = path.join(folder, "site");
  const policy = path.join(folder, "policy.json");
  mkdirSync(site);
  writeFileSync(path.join(site, "index.html"), "<h1>hello</h1>\n");
  writeFileSync(path.join(site, "private.txt"), "secret\n");
  writeFileSync(policy, policyText(bucket, [{ Action: "s3:GetObject", on: ["index.html"] }]));
  const aws = (...parameters: string[]) => [program, "--endpoint-url", endpoint, ...parameters];
  const onBucket = (action: string, ...parameters: string[]) =>
    aws("s3api", action, "--bucket", bucket, "--output", "text", ...parameters);
  const onObject = (action: string, ...parameters: string[]) =>
    onBucket(action, "--key", "private.txt", ...parameters);
  /** Without any key. */
  const curl = (key: string, prints: RegExp): Step => ({
    name: `curl ${key}`,
    command: ["curl", "--silent", "--write-out", " %{http_code}", `${endpoint}/${bucket}/${key}`],
    prints,
  });
  const block = ["--public-access-block-configuration"];
  return [
    { name: "create-bucket", command: onBucket("create-bucket"), prints: new RegExp(bucket) },
    { name: "sync", command: aws("s3", "sync", site, `s3://${bucket}`), prints: /upload:/ },
    curl("index.html", /AccessDenied.* 403$/s),
    {
      name: "put-bucket-policy",
      command: onBucket("put-bucket-policy", "--policy", `file://${policy}`),
      prints: /^$/,
    },
    curl("index.html", /^<h1>hello<\/h1>\n 200$/),
    curl("private.txt", /AccessDenied.* 403$/s),
    {
      name: "get-bucket-policy",
      command: onBucket("get-bucket-policy", "--query", "Policy"),
      prints: /s3:GetObject/,
    },
    {
      name: "get-bucket-policy-status",
      command: onBucket("get-bucket-policy-status", "--query", "PolicyStatus.IsPublic"),
      prints: /^True$/m,
    },
    {
      name: "put-object-acl",
      command: onObject("put-object-acl", "--acl", "public-read"),
      prints: /^$/,
    },
    curl("private.txt", /^secret\n 200$/),
    {
      name: "put-bucket-acl",
      command: onBucket("put-bucket-acl", "--acl", "public-read"),
      prints: /^$/,
    },
    curl("?list-type=2", /<Key>index\.html<\/Key>.* 200$/s),
    {
      name: "get-bucket-acl",
      command: onBucket("get-bucket-acl", "--query", "Grants[].Permission"),
      prints: /READ\s+FULL_CONTROL/,
    },
    {
      name: "put-public-access-block",
      command: onBucket("put-public-access-block", ...block, SHUT),
      prints: /^$/,
    },
    ...["index.html", "private.txt", "?list-type=2"].map((key) =>
      curl(key, /AccessDenied.* 403$/s),
    ),
    {
      name: "put-bucket-policy, which is public",
      command: onBucket("put-bucket-policy", "--policy", `file://${policy}`),
      failsWith: /AccessDenied/,
    },
    {
      name: "put-object-acl, which is public",
      command: onObject("put-object-acl", "--acl", "public-read"),
      failsWith: /AccessDenied/,
    },
    {
      name: "get-public-access-block",
      command: onBucket("get-public-access-block"),
      prints: /True\s+True\s+True\s+True/,
    },
    {
      name: "delete-public-access-block",
      command: onBucket("delete-public-access-block"),
      prints: /^$/,
    },
    { name: "delete-bucket-policy", command: onBucket("delete-bucket-policy"), prints: /^$/ },
    {
      name: "put-bucket-ownership-controls, while others have grants",
      command: onBucket(
        ...["put-bucket-ownership-controls", "--ownership-controls"],
        "Rules=[{ObjectOwnership=BucketOwnerEnforced}]",
      ),
      failsWith: /InvalidBucketAclWithObjectOwnership/,
    },
    {
      name: "put-bucket-acl private",
      command: onBucket("put-bucket-acl", "--acl", "private"),
      prints: /^$/,
    },
    {
      name: "put-bucket-ownership-controls",
      command: onBucket(
        ...["put-bucket-ownership-controls", "--ownership-controls"],
        "Rules=[{ObjectOwnership=BucketOwnerEnforced}]",
      ),
      prints: /^$/,
    },
    curl("private.txt", /AccessDenied.* 403$/s),
    {
      name: "cp with an ACL",
      command: aws("s3", "cp", policy, `s3://${bucket}/p`, "--acl", "public-read"),
      failsWith: /AccessControlListNotSupported/,
    },
    {
      name: "rb",
      command: aws("s3", "rb", "--force", `s3://${bucket}`),
      prints: /remove_bucket/,
    },
  ];
}
