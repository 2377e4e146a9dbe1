import type { Client } from "./client.ts";
import { projectScript, scriptEnvironment } from "./project-script.ts";

/**
 * What Terraform's provider calls of S3 for a bucket and for each resource beside it: put, read until it is there, read for the
 * plan, which has to be without a difference, delete, read until it is gone. In its order, by another SDK: the provider itself is
 * not on each machine.
 *
 * Source: https://github.com/hashicorp/terraform-provider-aws/tree/main/internal/service/s3
 */
export const terraformCalls: Client = {
  name: "Terraform's calls",
  probe: [process.execPath, "--version"],
  environment: scriptEnvironment,
  steps: () => [
    { name: "aws_s3_bucket", command: projectScript(BUCKET), prints: BUCKET_READ },
    { name: "aws_s3_bucket_*", command: projectScript(RESOURCES), prints: /^19 documents\n$/ },
    {
      name: "destroy",
      command: projectScript(
        `await s3.deleteBucket({ Bucket: bucket }); console.log((await s3.headBucket({ Bucket: bucket }).catch((error) => error)).name);`,
      ),
      prints: /^NotFound\n$/,
    },
  ],
};

/** What it finds out of a new bucket. */
const BUCKET = `
await s3.createBucket({ Bucket: bucket });
console.log((await s3.headBucket({ Bucket: bucket })).BucketRegion);
for (const name of ["Policy", "Acl", "Cors", "Website", "Versioning", "AccelerateConfiguration", "RequestPayment", "Logging",
    "LifecycleConfiguration", "Replication", "Encryption", "ObjectLockConfiguration", "Tagging"]) {
  const call = name === "ObjectLockConfiguration" ? "getObjectLockConfiguration" : "getBucket" + name;
  const told = await s3[call]({ Bucket: bucket }).catch((error) => error.name);
  const { $metadata, Owner, Grants, ...rest } = typeof told === "string" ? { error: told } : told;
  console.log(name, rest.error ?? JSON.stringify(rest));
}`;

const BUCKET_READ = new RegExp(
  [
    "^us-east-1",
    "Policy NoSuchBucketPolicy",
    "Acl {}",
    "Cors NoSuchCORSConfiguration",
    "Website NoSuchWebsiteConfiguration",
    "Versioning {}",
    "AccelerateConfiguration {}",
    'RequestPayment {"Payer":"BucketOwner"}',
    "Logging {}",
    "LifecycleConfiguration NoSuchLifecycleConfiguration",
    "Replication ReplicationConfigurationNotFoundError",
    "Encryption ServerSideEncryptionConfigurationNotFoundError",
    "ObjectLockConfiguration ObjectLockConfigurationNotFoundError",
    "Tagging NoSuchTagSet\n$",
  ].join("\n"),
);

const RESOURCES = `
const { isDeepStrictEqual } = require("node:util");
const filter = { And: { Prefix: "p/", Tags: [{ Key: "k", Value: "v" }] } };
const ofId = (Id, rest) => ({ Id, ...rest });
const tiering = { Status: "Enabled", Tierings: [{ AccessTier: "DEEP_ARCHIVE_ACCESS", Days: 180 }] };
const policy = JSON.stringify({ Version: "2012-10-17", Statement: [
  { Effect: "Deny", Principal: "*", Action: "s3:DeleteObject", Resource: "arn:aws:s3:::" + bucket + "/*" }] });

/** Name, member of the request, documents that are put one after the other, and how it ends: by what error of a read, or by what document. */
const RESOURCES = [
  ["BucketCors", "CORSConfiguration", [{ CORSRules: [{ AllowedMethods: ["GET"], AllowedOrigins: ["*"], ID: "rule", MaxAgeSeconds: 0, AllowedHeaders: ["*"], ExposeHeaders: ["ETag"] }, { AllowedMethods: ["PUT"], AllowedOrigins: [""] }] }], "NoSuchCORSConfiguration"],
  ["BucketWebsite", "WebsiteConfiguration", [
    { IndexDocument: { Suffix: "index.html" }, ErrorDocument: { Key: "error.html" }, RoutingRules: [{ Condition: { KeyPrefixEquals: "docs/" }, Redirect: { ReplaceKeyPrefixWith: "documents/" } }] },
    { RedirectAllRequestsTo: { HostName: "example.com", Protocol: "https" } }], "NoSuchWebsiteConfiguration"],
  ["BucketAccelerateConfiguration", "AccelerateConfiguration", [{ Status: "Enabled" }], { Status: "Suspended" }],
  ["BucketRequestPayment", "RequestPaymentConfiguration", [{ Payer: "Requester" }], { Payer: "BucketOwner" }],
  ["BucketAbac", "AbacStatus", [{ Status: "Enabled" }], { Status: "Disabled" }, "AbacStatus"],
  ["BucketAnalyticsConfiguration", "AnalyticsConfiguration", [ofId("a", { StorageClassAnalysis: {} }), ofId("a", { Filter: filter, StorageClassAnalysis: { DataExport: { OutputSchemaVersion: "V_1", Destination: { S3BucketDestination: { Format: "CSV", Bucket: "arn:aws:s3:::reports" } } } } })], "NoSuchConfiguration"],
  ["BucketMetricsConfiguration", "MetricsConfiguration", [ofId("m"), ofId("m", { Filter: { Prefix: "p/" } }), ofId("m", { Filter: { Tag: { Key: "k", Value: "v" } } }), ofId("m", { Filter: filter })], "NoSuchConfiguration"],
  ["BucketIntelligentTieringConfiguration", "IntelligentTieringConfiguration", [ofId("i", tiering), ofId("i", { ...tiering, Filter: { Prefix: "p/" } })], "NoSuchConfiguration"],
  ["BucketTagging", "Tagging", [{ TagSet: [{ Key: "Name", Value: "a bucket" }] }], "NoSuchTagSet"],
  ["BucketVersioning", "VersioningConfiguration", [{ Status: "Enabled" }], { Status: "Suspended" }],
  ["BucketOwnershipControls", "OwnershipControls", [{ Rules: [{ ObjectOwnership: "BucketOwnerPreferred" }] }], "OwnershipControlsNotFoundError", "OwnershipControls"],
  ["PublicAccessBlock", "PublicAccessBlockConfiguration", [{ BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: false, RestrictPublicBuckets: true }], "NoSuchPublicAccessBlockConfiguration", "PublicAccessBlockConfiguration"],
  ["BucketPolicy", "Policy", [policy], "NoSuchBucketPolicy"],
];

let count = 0;
for (const [name, member, documents, end, answer] of RESOURCES) {
  const named = (document) => ({ Bucket: bucket, ...(document?.Id !== undefined && { Id: document.Id }) });
  const put = (document) => s3["put" + name]({ ...named(document), [member]: document });
  const read = async (document) => {
    const { $metadata, ...told } = await s3["get" + name](named(document));
    return document?.Id !== undefined || name === "BucketPolicy" ? told[member] : answer === undefined ? told : told[answer];
  };
  const compare = (told, document) => {
    if (!isDeepStrictEqual(told, document)) console.log(name, JSON.stringify(told), "is not", JSON.stringify(document));
  };
  for (const document of documents) {
    await put(document);
    compare(await read(document), document);
    compare(await read(document), document);
    count += 1;
  }
  if (typeof end === "object") {
    await put(end);
    compare(await read(end), end);
    continue;
  }
  const last = documents.at(-1);
  await s3["delete" + name](named(last));
  compare(await read(last).catch((error) => error.name), end);
}
console.log(count, "documents");`;
