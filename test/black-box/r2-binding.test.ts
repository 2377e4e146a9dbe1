import path from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CREDENTIALS, type Deployments, deploy } from "../support/deployments.ts";
import { sdkClient, uniqueBucket } from "../support/sdk.ts";
import { buildWorkerOf } from "../support/worker-builds.ts";

let running: Deployments;
let endpoint: string;
beforeAll(async () => {
  const fixture = path.resolve(import.meta.dirname, "../fixtures/r2-cases.ts");
  const options = { bundle: true, write: false, format: "esm", target: "es2024" } as const;
  const [{ outputFiles }, ledge] = await Promise.all([
    build({ ...options, entryPoints: [fixture] }),
    buildWorkerOf(),
  ]);
  const service = (props: Record<string, unknown>) =>
    ({ type: "worker", worker: "ledge", exportName: "BucketService", props }) as const;
  const policy = {
    Version: "2012-10-17",
    Statement: {
      Effect: "Allow",
      Action: "s3:GetObject",
      Resource: "arn:aws:s3:::bound-bucket/open/*",
    },
  };
  const bucket = "bound-bucket";
  running = await deploy(
    [{ name: "ledge", build: ledge }],
    [
      {
        config: {
          name: "cases",
          compatibilityDate: ledge.compatibilityDate,
          manifest: {
            mainModule: "cases.js",
            modulesRoot: "/",
            modules: { "cases.js": { type: "esm", contents: outputFiles[0]?.text ?? "" } },
          },
          env: {
            R2: { type: "r2", name: "cases" },
            LEDGE: service({ bucket, accessKeyId: CREDENTIALS.accessKeyId }),
            NOBODY: service({ bucket }),
            READER: service({ bucket, policy }),
            STRANGER: service({ bucket, accessKeyId: "AKIAIOSFODNN7EXAMPLE" }),
          },
        },
        dev: { unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }] },
      },
    ],
  );
  endpoint = await running.endpointOf("cases");
  const s3 = sdkClient({ endpoint: await running.endpointOf("ledge"), ...running });
  await uniqueBucket(s3, bucket);
});
afterAll(() => running.stop());

async function outcomeOf(name: string): Promise<{ r2: unknown; ledge: unknown }> {
  const response = await fetch(`${endpoint}/${encodeURIComponent(name)}`);
  expect(response.status, await response.clone().text()).toBe(200);
  return response.json<{ r2: unknown; ledge: unknown }>();
}

test("whatever a Worker does with R2's binding, it sees the same of a bucket of Ledge", async () => {
  const names = await (await fetch(endpoint)).json<string[]>();
  expect(names.length).toBeGreaterThan(50);
  const outcomes = await Promise.all(
    names.map(async (name) => [name, await outcomeOf(name)] as const),
  );
  const ledge = Object.fromEntries(outcomes.map(([name, outcome]) => [name, outcome.ledge]));
  const r2 = Object.fromEntries(outcomes.map(([name, outcome]) => [name, outcome.r2]));
  expect(ledge).toEqual(r2);
});

test("a binding may do what its key or its policy allows, and nothing without either", async () => {
  const outcome = async (name: string): Promise<unknown> => outcomeOf(name);
  expect(await outcome("nobody")).toEqual(["10003", "10003", "10003"]);
  const denied = "10003";
  expect(await outcome("reader")).toEqual([
    ...["open", denied, denied, denied, denied, denied, denied],
    "open",
  ]);
  expect(await outcome("stranger")).toBe("InvalidAccessKeyId");
});

test("what R2's stand-in has not: customers' keys, storage classes, and bodies beyond what a call may carry", async () => {
  const outcome = async (name: string): Promise<unknown> => outcomeOf(name);
  expect(await outcome("encryption")).toEqual([32, "secret", 6, "InvalidRequest", "10003"]);
  expect(await outcome("storageClasses")).toEqual(["InfrequentAccess", "Standard"]);
  expect(await outcome("large")).toEqual([34_603_008, 34_603_008]);
  expect(await outcome("sha384")).toBe("10029");
});

test("what no bucket takes is refused, and leaves nothing", async () => {
  const refused: unknown = await outcomeOf("hostile");
  expect(refused).toEqual([
    ...["10029", "10029", "10029", "InvalidURI", "10020", "10020", "10040", "b\r\nc: d", "10029"],
    ...["10012", "InvalidRequest", "10029", "10029", "10029", "10024", "10029"],
    200,
    null,
  ]);
});
