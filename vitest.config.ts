import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const diskFolder = mkdtempSync(path.join(tmpdir(), "ledge-test-"));
process.once("exit", () => rmSync(diskFolder, { recursive: true, force: true }));

/** What calls one shard, whichever it is, so that it runs with one shard for each bucket only. */
const OF_ONE_SHARD = [
  ...[
    ...["addressing", "append-object", "bucket-config", "chunked-put-object", "conditional-writes"],
    ...["delete-object", "gateway", "get-object", "get-object-acl", "missing-documents"],
    ...["multipart-checksums", "multipart-completion", "object-annotations", "object-retention"],
    ...["own-host", "presigned", "put-acl", "put-object", "restore-object"],
  ].map((name) => `test/operations/${name}.test.ts`),
  ...["blob-store", "disk-room", "group-commit", "listing-cost", "schema"].map(
    (name) => `test/storage/${name}.test.ts`,
  ),
  ...["multipart-faults", "write-faults"].map((name) => `test/faults/${name}.test.ts`),
];

/** The suites that run inside workerd, once with one shard for each bucket and once with five. */
function workerdProject(
  name: string,
  indexShards: string,
  include: string[],
  exclude: string[] = [],
) {
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
          bindings: {
            INDEX_SHARDS: indexShards,
            // Vitest takes longer with a line of the log than the Worker with the request.
            LOG_REQUESTS: "false",
            NO_TRANSFORM: "false",
            ROOT_ACCESS_KEY_ID: "ledge",
            ROOT_SECRET_ACCESS_KEY: "ledge-local-secret",
          },
        },
      }),
    ],
    test: {
      name,
      include,
      exclude,
      // To start a runtime takes longer than most files take: all of them share one, and each makes buckets of its own.
      isolate: false,
      // Far more than any test takes, so that a busy machine fails none.
      testTimeout: 60_000,
    },
  };
}

/** The suites that speak to a server of their own, which wrangler or Ledge's own command runs. */
function blackBoxProject(name: string, server: string, exclude: string[]) {
  return {
    test: {
      name,
      include: ["test/black-box/**/*.test.ts"],
      exclude,
      env: { LEDGE_SERVER: server },
      globalSetup: "test/support/common-server.ts",
      testTimeout: 60_000,
      hookTimeout: 60_000,
      // Nor is the AWS SDK loaded anew for each file.
      isolate: false,
      fileParallelism: false,
    },
  };
}

export default defineConfig({
  test: {
    // What tests let fail on purpose would fill the screen.
    silent: "passed-only",
    projects: [
      workerdProject("workerd", "1", [
        "test/unit/**/*.test.ts",
        "test/operations/**/*.test.ts",
        "test/storage/**/*.test.ts",
        "test/faults/**/*.test.ts",
        "test/*.test.ts",
      ]),
      workerdProject(
        "workerd-5-shards",
        "5",
        ["test/operations/**/*.test.ts", "test/storage/**/*.test.ts", "test/faults/**/*.test.ts"],
        OF_ONE_SHARD,
      ),
      blackBoxProject("black-box", "ledge serve", []),
      blackBoxProject("black-box-wrangler", "wrangler dev", [
        "test/black-box/serve*.test.ts",
        "test/black-box/package.test.ts",
        "test/black-box/raw-paths.test.ts",
        "test/black-box/bundle-size.test.ts",
      ]),
    ],
  },
});
