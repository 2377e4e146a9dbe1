import { mkdirSync } from "node:fs";
import path from "node:path";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { REQUEST_COST, SLOW_UNDER_WRANGLER } from "./test/support/campaign-files.ts";
import { LongestFirst } from "./test/support/longest-first.ts";
import { useTemporaryFolder } from "./test/support/temporary-folder.ts";

const diskFolder = path.join(useTemporaryFolder(), "disk");
mkdirSync(diskFolder);

/** What calls one shard, whichever it is, so that it runs with one shard for each bucket only. */
const OF_ONE_SHARD = [
  ...[
    ...[
      ...["access-log", "accounts", "audit", "user-limits", "iam-simulation"],
      ...["iam-access-keys", "iam-details", "iam-entities", "iam-policies", "iam-roles"],
      "query-api",
      "addressing",
      "append-object",
      "bucket-config",
      "bucket-encryption",
      "bucket-logging",
      "chunked-put-object",
      "cors",
      "document-sets",
      ...[
        "edge-setting",
        "public-lane",
        "public-lane-owners",
        "public-lane-privacy",
        "public-lane-staleness",
      ],
      "website",
      "conditional-writes",
      ...["bucket-tagging", "copy-object-checksums", "customer-keys", "encryption-defaults"],
      ...["event-hold", "master-key", "object-lock-configuration", "replication-locks"],
      ...["sts-assume-role", "sts-chained-sessions", "sts-own-sessions", "sts-sessions"],
      ...["sts-web-identity", "telemetry", "update-object-encryption"],
      ...["upload-initiator", "upload-part-copy-checksums"],
    ],
    ...[
      "delete-object",
      "empty-pages",
      "encryption-matrix",
      "gateway",
      "grow-bucket",
      "get-object",
      "get-object-acl",
      "get-object-attributes",
      "internal-writer",
      "kms",
      "installation",
      "kms-objects",
      "kms-of-keys",
      "maintenance",
      "missing-documents",
      "notification-refusals",
      "notifications",
      "recorded-events",
    ],
    ...["access", "acl", "multipart-checksums", "multipart-completion", "multipart-upload"],
    ...["object-annotations", "object-lock", "object-ownership", "object-retention"],
    ...["object-tagging", "stranger-acl"],
    ...["own-host", "post-object", "post-object-access", "post-object-refusals"],
    ...["presigned", "put-acl", "put-object", "refused-headers"],
    "replicas-from-elsewhere",
    "imports",
    "replication-roles",
    "replication-targets",
    "replication",
    "replication-access",
    "restore-object",
    "stored-documents",
  ].map((name) => `test/operations/${name}.test.ts`),
  ...[
    "access-log-job",
    "account-backup",
    "annotations",
    "aws-targets",
    "backup-tables",
    "blob-store",
    "bucket-lookup",
    "check-cost",
    "disk-room",
    "group-commit",
    "growth",
    "growth-cost",
    "inventory-cost",
    "inventory-job",
    "job-table",
    "key-registry",
    "lifecycle",
    "lifecycle-job",
    "lifecycle-zones",
    "listing-cost",
    "moving-keys",
    "outbox-job",
    "replication",
    "replication-elsewhere",
    "replication-late",
    "schema",
    "upload-backup",
  ].map((name) => `test/storage/${name}.test.ts`),
  ...[
    ...[
      "broken-bodies",
      "damaged-blobs",
      "form-faults",
      "identities",
      "multipart-faults",
      "protocol-faults",
    ],
    ...["replication-faults", "sessions", "write-faults"],
  ].map((name) => `test/faults/${name}.test.ts`),
];

interface WorkerdProject {
  readonly name: string;
  /** Of each bucket. */
  readonly shards: string;
  readonly include: string[];
  readonly exclude?: string[];
}

/**
 * Projects that compute: on two cores two at a time, which leave little idle. Vitest would
 * leave one of them to itself, and uses little of it.
 */
const COMPUTING = { maxWorkers: 2, sequence: { groupOrder: 0 } };

/**
 * Projects that wait for servers, clients, and processes of their own. After all others, since some fill a disk, and
 * with one more at a time than there are cores.
 */
const WAITING = { maxWorkers: 3, sequence: { groupOrder: 1 } };

/** Suites that run inside workerd. Each makes buckets of its own, and leaves nothing else changed. */
function workerdProject({ name, shards, include, exclude = [] }: WorkerdProject) {
  return {
    plugins: [
      cloudflareTest({
        wrangler: { configPath: "./wrangler.toml" },
        miniflare: {
          // What the local server keeps its blobs in; bound under another name, so that only its own suite uses it.
          serviceBindings: {
            TEST_DISK: {
              disk: { path: diskFolder, writable: true },
            },
          },
          queueProducers: { EVENTS: "events" },
          bindings: {
            LOCAL: "true",
            INDEX_SHARDS: shards,
            NEW_BUCKETS: "acls",
            SSE_S3: "envelope",
            SSE_C_OVER_HTTP: "allow",
            SERVICE_ACCESS: "account",
            // Vitest takes longer with a line of the log than the Worker with the request.
            LOG_REQUESTS: "false",
            LOG_FLUSH_MILLISECONDS: "0",
            LISTEN: "true",
            // Tests answer in its place.
            EVENT_TARGETS: JSON.stringify({
              "arn:ledge:queue:us-east-1:000000000000:events": { queue: "EVENTS" },
              ...AWS_TARGETS,
              "arn:ledge:webhook:us-east-1:000000000000:one": { url: "https://one.example.com/" },
              "arn:ledge:webhook:us-east-1:000000000000:two": {
                url: "https://two.example.com/hook",
                envelope: "aws",
                bearer: "token",
                hmacSecret: "secret",
              },
            }),
            OUTBOX_LIMIT: "40",
            REPLICATION_TARGETS: JSON.stringify({
              "arn:aws:s3:::elsewhere": {
                endpoint: "https://elsewhere.example.com",
                accessKeyId: "theirs",
                secretAccessKey: "their-secret",
              },
            }),
            NO_TRANSFORM: "false",
            ROOT_ACCESS_KEY_ID: "ledge",
            ROOT_SECRET_ACCESS_KEY: "ledge-local-secret",
            MASTER_KEY: "bGVkZ2UtbGVkZ2UtbGVkZ2UtbGVkZ2UtbGVkZ2UhISE=",
          },
        },
      }),
    ],
    test: {
      name,
      include,
      exclude,
      ...COMPUTING,
      // To start a runtime takes longer than most files take, so that files share one.
      isolate: false,
      // Far more than any test takes, so that a busy machine fails none. A file's first hook may import the whole Worker.
      testTimeout: 60_000,
      hookTimeout: 60_000,
    },
  };
}

/** The local platform's own suites, which run in Node as it does. */
const localProject = {
  resolve: {
    alias: {
      "cloudflare:workers": path.resolve(import.meta.dirname, "local/cloudflare-workers.ts"),
    },
  },
  test: {
    name: "local",
    include: ["test/local/**/*.test.ts"],
    ...WAITING,
    testTimeout: 60_000,
  },
};

interface BlackBoxProject {
  readonly name: string;
  /** See `test/support/ledge-process.ts`. */
  readonly server: string;
  readonly include?: string[];
  readonly exclude?: string[];
}

/** The suites that speak to a server of their own, which wrangler or Ledge's own command runs. */
function blackBoxProject({ name, server, include = ["*"], exclude = [] }: BlackBoxProject) {
  const files = (names: string[]) => names.map((each) => `test/black-box/${each}.test.ts`);
  return {
    test: {
      name,
      include: files(include),
      exclude: files(exclude),
      env: { LEDGE_SERVER: server },
      globalSetup: "test/support/common-server.ts",
      testTimeout: 60_000,
      hookTimeout: 60_000,
      ...WAITING,
      // Nor is the AWS SDK loaded anew for each file.
      isolate: false,
    },
  };
}

/** Servers that are killed, and lose power, at random. */
const crashesProject = {
  test: {
    name: "crashes",
    include: ["test/campaign/**/*.test.ts"],
    globalSetup: "test/support/build-worker.ts",
    // A campaign's thousand crashes take a quarter of an hour.
    testTimeout: 3_600_000,
    ...WAITING,
  },
};

/** Whose requests tests answer in their place. */
const AWS = {
  endpoint: "https://aws.example.com",
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "secret",
};
const AWS_TARGETS = {
  "arn:aws:sqs:us-east-1:000000000000:queue": AWS,
  "arn:aws:sqs:us-east-1:000000000000:queue.fifo": AWS,
  "arn:aws:sns:us-east-1:000000000000:topic": AWS,
  "arn:aws:lambda:us-east-1:000000000000:function:function": AWS,
  eventbridge: { ...AWS, bus: "arn:aws:events:us-east-1:000000000000:event-bus/default" },
};

export default defineConfig(({ mode }) => ({
  test: {
    // What tests let fail on purpose would fill the screen.
    silent: "passed-only",
    reporters: ["default", "./test/support/time-budget.ts"],
    sequence: { sequencer: LongestFirst },
    projects: [
      workerdProject({
        name: "workerd",
        shards: "1",
        include: ["test/{unit,operations,storage,faults}/**/*.test.ts", "test/*.test.ts"],
      }),
      workerdProject({
        name: "workerd-4-shards",
        shards: "4",
        include: ["test/{operations,storage,faults}/**/*.test.ts"],
        exclude: mode === "campaign" ? OF_ONE_SHARD : [...OF_ONE_SHARD, REQUEST_COST],
      }),
      localProject,
      blackBoxProject({ name: "black-box", server: "ledge serve", exclude: ["workerd*"] }),
      // What the two local servers do not have in common.
      blackBoxProject({
        name: "black-box-workerd",
        server: "ledge serve on workerd",
        include: [
          "browsers",
          "faults",
          "raw-paths",
          ...["requests", "sdk-keys", "sdk-multipart"],
          "serve",
          "serve-*",
          "web-identity",
          "workerd*",
        ],
        // What is the same code whichever runs, or the local platform's alone.
        exclude:
          "serve-accounts serve-log serve-earlier-data serve-moto serve-sent-bytes serve-start".split(
            " ",
          ),
      }),
      blackBoxProject({
        name: "black-box-wrangler",
        server: "wrangler dev",
        exclude: [
          ...[
            "backup*",
            "bundle-size",
            "check-damage",
            "deploy",
            "deploy-*",
            "documents",
            "package",
            "raw-paths",
            "runtimes",
            "serve*",
          ],
          // It has no MASTER_KEY.
          "sdk-encryption",
          ...["r2-binding", "start-ledge", "version-skew", "workerd*"],
          ...(mode === "campaign" ? [] : SLOW_UNDER_WRANGLER),
        ],
      }),
      crashesProject,
    ],
  },
}));
