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
  return KINDS.flatMap(({ name, option, document, member, gone }) => {
    const named = ["--bucket", bucket, ...(member === undefined ? [] : ["--id", "one"])];
    const step = (verb: string, ...parameters: readonly string[]) => ({
      name: `${verb}-bucket-${name}`,
      command: s3api(`${verb}-bucket-${name}`, ...named, ...parameters),
    });
    const told = member === undefined ? document : { [member]: document };
    const put: Step = { ...step("put", option, JSON.stringify(document)), prints: /^$/ };
    const get: Step = { ...step("get"), prints: printed(told) };
    if (gone === undefined) return [put, get];
    const remove: Step = { ...step("delete"), prints: /^$/ };
    return [put, get, remove, { ...step("get"), failsWith: gone }];
  });
}

/** The program's output, whatever else it prints. */
function printed(value: object): RegExp {
  const text = JSON.stringify(value, undefined, 4);
  return new RegExp(`^${text.replaceAll(/[{}[\]*.$?+^()|\\]/g, String.raw`\$&`)}\n$`);
}
