import type { Step } from "./client.ts";

type Command = (...parameters: string[]) => readonly string[];

interface DocumentKind {
  /** `cors` of `put-bucket-cors`. */
  readonly name: string;
  /** The option that has the document. */
  readonly option: string;
  /** In the order in which the program prints it. */
  readonly document: object;
  /** Of a kind whose documents have ids: the member that the answer has it in. */
  readonly member?: string;
  /** What it is told beside the document, also when it has put it. */
  readonly beside?: object;
  /** `lifecycle` of `delete-bucket-lifecycle`; absent: `name`. */
  readonly deletedAs?: string;
  /** What it is told when there is none any more; undefined: it cannot be deleted. */
  readonly gone?: RegExp;
}

const FILTER = { Prefix: "p/", Tags: [{ Key: "k", Value: "v" }] };

const KINDS: readonly DocumentKind[] = [
  {
    name: "cors",
    option: "--cors-configuration",
    document: {
      CORSRules: [
        {
          ID: "one",
          AllowedHeaders: ["*"],
          AllowedMethods: ["PUT", "GET"],
          AllowedOrigins: ["https://*.example.com"],
          ExposeHeaders: ["ETag"],
          MaxAgeSeconds: 60,
        },
        { AllowedMethods: ["GET"], AllowedOrigins: ["*"] },
      ],
    },
    gone: /NoSuchCORSConfiguration/,
  },
  {
    name: "lifecycle-configuration",
    option: "--lifecycle-configuration",
    document: {
      Rules: [
        {
          Expiration: { Days: 30 },
          ID: "logs",
          Filter: { And: { Prefix: "logs/", Tags: [{ Key: "k", Value: "v" }] } },
          Status: "Enabled",
          Transitions: [{ Days: 1, StorageClass: "GLACIER" }],
        },
        {
          Expiration: { ExpiredObjectDeleteMarker: true },
          ID: "old",
          Filter: {},
          Status: "Enabled",
          NoncurrentVersionExpiration: { NoncurrentDays: 7, NewerNoncurrentVersions: 3 },
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 },
        },
      ],
    },
    beside: { TransitionDefaultMinimumObjectSize: "all_storage_classes_128K" },
    deletedAs: "lifecycle",
    gone: /NoSuchLifecycleConfiguration/,
  },
  {
    name: "website",
    option: "--website-configuration",
    document: {
      IndexDocument: { Suffix: "index.html" },
      ErrorDocument: { Key: "error.html" },
      RoutingRules: [
        {
          Condition: { HttpErrorCodeReturnedEquals: "404", KeyPrefixEquals: "old/" },
          Redirect: { HttpRedirectCode: "302", ReplaceKeyPrefixWith: "new/" },
        },
      ],
    },
    gone: /NoSuchWebsiteConfiguration/,
  },
  {
    name: "accelerate-configuration",
    option: "--accelerate-configuration",
    document: { Status: "Suspended" },
  },
  {
    name: "request-payment",
    option: "--request-payment-configuration",
    document: { Payer: "BucketOwner" },
  },
  {
    name: "tagging",
    option: "--tagging",
    document: { TagSet: [{ Key: "team", Value: "blue" }] },
    gone: /NoSuchTagSet/,
  },
  {
    name: "analytics-configuration",
    option: "--analytics-configuration",
    member: "AnalyticsConfiguration",
    document: {
      Id: "one",
      Filter: { And: FILTER },
      StorageClassAnalysis: {
        DataExport: {
          OutputSchemaVersion: "V_1",
          Destination: {
            S3BucketDestination: { Format: "CSV", Bucket: "arn:aws:s3:::reports", Prefix: "a/" },
          },
        },
      },
    },
    gone: /NoSuchConfiguration/,
  },
  {
    name: "metrics-configuration",
    option: "--metrics-configuration",
    member: "MetricsConfiguration",
    document: { Id: "one", Filter: { And: FILTER } },
    gone: /NoSuchConfiguration/,
  },
  {
    name: "intelligent-tiering-configuration",
    option: "--intelligent-tiering-configuration",
    member: "IntelligentTieringConfiguration",
    document: {
      Id: "one",
      Filter: { Prefix: "p/" },
      Status: "Enabled",
      Tierings: [{ Days: 90, AccessTier: "ARCHIVE_ACCESS" }],
    },
    gone: /NoSuchConfiguration/,
  },
];

/** Each document of a bucket's configuration is put, told as it was put, and deleted. */
export function documentSteps(s3api: Command, bucket: string): readonly Step[] {
  return KINDS.flatMap(({ name, option, document, member, beside, deletedAs = name, gone }) => {
    const named = ["--bucket", bucket, ...(member === undefined ? [] : ["--id", "one"])];
    const step = (command: string, ...parameters: readonly string[]) => ({
      name: command,
      command: s3api(command, ...named, ...parameters),
    });
    const told = { ...beside, ...(member === undefined ? document : { [member]: document }) };
    const put: Step = {
      ...step(`put-bucket-${name}`, option, JSON.stringify(document)),
      prints: beside === undefined ? /^$/ : printed(beside),
    };
    const get = step(`get-bucket-${name}`);
    const puts: readonly Step[] = [put, { ...get, prints: printed(told) }];
    if (gone === undefined) return puts;
    const remove: Step = { ...step(`delete-bucket-${deletedAs}`), prints: /^$/ };
    return [...puts, remove, { ...get, failsWith: gone }];
  });
}

/** The program's output, whatever else it prints. */
function printed(value: object): RegExp {
  const text = JSON.stringify(value, undefined, 4);
  return new RegExp(`^${text.replaceAll(/[{}[\]*.$?+^()|\\]/g, String.raw`\$&`)}\n$`);
}
