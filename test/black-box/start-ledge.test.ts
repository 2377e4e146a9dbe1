import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { complaintOfNode } from "../../cli/least-node.ts";
import { type Ledge, type LedgeOptions, startLedge } from "../../cli/testing.ts";
import { sdkClient } from "../support/sdk.ts";

const run = promisify(execFile);

let folder: string;
const started: Ledge[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "ledge-start-"));
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((ledge) => ledge.stop()));
  await rm(folder, { recursive: true, force: true });
});

async function start(options: LedgeOptions = {}) {
  const ledge = await startLedge(options);
  started.push(ledge);
  return { ...ledge, s3: sdkClient(ledge) };
}

const shelf = { Bucket: "shelf" };

const put = (s3: S3Client, Body: string) =>
  s3.send(new PutObjectCommand({ ...shelf, Key: "key", Body }));

async function get(s3: S3Client): Promise<string | undefined> {
  const { Body } = await s3.send(new GetObjectCommand({ ...shelf, Key: "key" }));
  return Body?.transformToString();
}

async function bucketNames(s3: S3Client) {
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  return Buckets.map(({ Name }) => Name);
}

test("startLedge gives a test a server of its own, and takes it away", async () => {
  const [one, two] = await Promise.all([start(), start({ region: "eu-west-3" })]);
  await one.s3.send(new CreateBucketCommand({ Bucket: "mine" }));
  expect(await bucketNames(two.s3)).toEqual([]);
  expect(two.region).toBe("eu-west-3");
  await one.stop();
  await expect(fetch(one.endpoint)).rejects.toThrow("fetch failed");
  await one.stop();
});

test("servers of one process, at once and one after another, know only their own data", async () => {
  const args = ["--bucket", "shelf"];
  const [one, two] = await Promise.all([start({ args }), start({ args })]);
  await put(one.s3, "of the first");
  await put(two.s3, "of the second, ".repeat(10_000));
  expect(await get(one.s3)).toBe("of the first");
  await one.stop();
  const three = await start({ args });
  await expect(get(three.s3)).rejects.toThrow("The specified key does not exist.");
  await put(three.s3, "of the third");
  expect(await get(two.s3)).toContain("of the second");
});

test("a data folder outlives its server, and has one at a time", async () => {
  const dataFolder = path.join(folder, "data");
  const first = await start({ dataFolder, args: ["--bucket", "shelf"] });
  await put(first.s3, "kept");
  await expect(startLedge({ dataFolder })).rejects.toThrow(
    `another server, process ${process.pid}, has the data folder`,
  );
  await first.stop();
  const second = await start({ dataFolder });
  expect(await get(second.s3)).toBe("kept");
});

test.for([
  { args: ["--nonsense"], sentence: "--nonsense" },
  { args: ["--bucket", "No"], sentence: "--bucket No cannot be made: The specified bucket is not" },
  { args: ["--runtime", "browser"], sentence: "--runtime browser is not node or workerd" },
])("args $args are refused in a sentence, and nothing is left", async ({ args, sentence }) => {
  const dataFolder = path.join(folder, "data");
  await expect(startLedge({ dataFolder, args })).rejects.toThrow(sentence);
  expect(existsSync(path.join(dataFolder, "lock"))).toBe(false);
});

test("args are options of the command, and tell the credentials", async () => {
  const args = ["--access-key", "me", "--secret-key", "mine", "--runtime", "workerd"];
  const ledge = await start({ args: [...args, "--bucket", "one", "--bucket", "two"] });
  expect(ledge.credentials).toEqual({ accessKeyId: "me", secretAccessKey: "mine" });
  expect(await bucketNames(ledge.s3)).toEqual(["one", "two"]);
});

test("a process that has stopped its servers ends by itself, as it was", async () => {
  const program = path.join(folder, "program.ts");
  const testing = path.resolve(import.meta.dirname, "../../cli/testing.ts");
  await writeFile(
    program,
    `import { startLedge } from ${JSON.stringify(testing)};
    const state = () => JSON.stringify([process.umask(), process.eventNames(), Object.keys(crypto)]);
    const before = state();
    const ledge = await startLedge({ args: ["--bucket", "shelf"] });
    const body = new Uint8Array(3_000_000);
    await fetch(ledge.endpoint + "/shelf/key", { method: "PUT", body });
    await ledge.stop();
    console.log(state() === before);`,
  );
  const { stdout } = await run(process.execPath, [program], { timeout: 20_000 });
  expect(stdout).toBe("true\n");
});

test.for([
  ["18.20.4", false],
  ["22.23.3", false],
  ["24.15.0", false],
  ["24.16.0", true],
  ["25.9.0", false],
  ["26.0.0", false],
  ["26.1.0", true],
  ["30.1.0", true],
] as const)("Node %s will do: %s", ([version, willDo]) => {
  expect(complaintOfNode(version) === undefined).toBe(willDo);
});
