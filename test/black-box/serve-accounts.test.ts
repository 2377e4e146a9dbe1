import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { AwsClient } from "aws4fetch";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type LedgeCommand, runLedge } from "../support/ledge-command.ts";
import { expectSdkError, sdkClient, uniqueName } from "../support/sdk.ts";

const FIRST = { accessKeyId: "FIRSTACCOUNTSKEY", secretAccessKey: "first-account-secret" };
const SECOND = { accessKeyId: "SECONDACCOUNTSKEY", secretAccessKey: "second-account-secret" };
const ACCOUNTS = [
  { id: "111111111111", displayName: "first", rootKeys: [FIRST] },
  { id: "222222222222", displayName: "second", rootKeys: [SECOND] },
];

let folder: string;
let data: string;
let file: string;
const running: LedgeCommand[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "ledge-accounts-"));
  data = path.join(folder, "data");
  file = path.join(folder, "accounts.json");
});
afterEach(async () => {
  await stopAll();
  await rm(folder, { recursive: true, force: true });
});

async function stopAll(): Promise<void> {
  for (const { child } of running) child.kill("SIGTERM");
  await Promise.all(running.splice(0).map(({ ended }) => ended));
}

function start(): LedgeCommand {
  const command = runLedge(["serve", "--port", "0", "--data", data, "--quiet", "--accounts", file]);
  running.push(command);
  return command;
}

async function serve(accounts: readonly object[]): Promise<string> {
  await writeFile(file, JSON.stringify({ accounts }));
  const { endpoint = "" } = await start().event("ready");
  return endpoint;
}

/** The secrets are nowhere, and the key that opens them is nobody else's to read. */
async function expectSealed(): Promise<void> {
  const entries = await readdir(data, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const contents = await Promise.all(
    files.map(({ parentPath, name }) => readFile(path.join(parentPath, name), "latin1")),
  );
  expect(contents.some((each) => each.includes(FIRST.accessKeyId))).toBe(true);
  expect(contents.some((each) => each.includes(FIRST.secretAccessKey))).toBe(false);
  const keyFile = path.join(data, "master-key");
  expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
  expect(Buffer.from(await readFile(keyFile, "utf8"), "base64").byteLength).toBe(32);
}

test("the accounts of a file have buckets of their own, and those that it has no more are gone", async () => {
  let endpoint = await serve(ACCOUNTS);
  const Bucket = uniqueName();
  const first = sdkClient({ endpoint, credentials: { ...FIRST } });
  const second = sdkClient({ endpoint, credentials: { ...SECOND } });
  await first.send(new CreateBucketCommand({ Bucket }));
  await first.send(new PutObjectCommand({ Bucket, Key: "k", Body: "text" }));
  const { Owner, Buckets } = await first.send(new ListBucketsCommand({}));
  expect([Owner?.DisplayName, Buckets?.map(({ Name }) => Name)]).toEqual(["first", [Bucket]]);
  expect((await second.send(new ListBucketsCommand({}))).Buckets ?? []).toEqual([]);
  const read = new GetObjectCommand({ Bucket, Key: "k" });
  await expectSdkError(second.send(read), 403, "AccessDenied");
  const again = new CreateBucketCommand({ Bucket });
  await expectSdkError(second.send(again), 409, "BucketAlreadyExists");
  await stopAll();
  await expectSealed();

  endpoint = await serve(ACCOUNTS.slice(1));
  const list = new ListBucketsCommand({});
  const gone = sdkClient({ endpoint, credentials: { ...FIRST } });
  await expectSdkError(gone.send(list), 403, "InvalidAccessKeyId");
  await sdkClient({ endpoint, credentials: { ...SECOND } }).send(list);
  await stopAll();

  endpoint = await serve(ACCOUNTS);
  const { Body } = await sdkClient({ endpoint, credentials: { ...FIRST } }).send(read);
  expect(await Body?.transformToString()).toBe("text");
});

test("a folder's master key is replaced: the old one beside it, until all is sealed anew", async () => {
  const list = new ListBucketsCommand({});
  // One that no file has, so that no start seals it.
  const id = "333333333333";
  const keys = { accessKeyId: "THIRDACCOUNTSKEY", secretAccessKey: "third-account-secret" };
  const made = await serve(ACCOUNTS);
  await admin(made, "PUT", `accounts/${id}`, JSON.stringify({ rootKeys: [keys] }));
  await stopAll();
  await rename(path.join(data, "master-key"), path.join(data, "master-key-previous"));

  const replacing = await serve(ACCOUNTS);
  await sdkClient({ endpoint: replacing, credentials: keys }).send(list);
  const { sealedAnew } = (await admin(replacing, "POST", "master-key")) as { sealedAnew: number };
  expect(sealedAnew).toBe(1);
  await stopAll();
  await rm(path.join(data, "master-key-previous"));

  const replaced = await serve(ACCOUNTS);
  await sdkClient({ endpoint: replaced, credentials: keys }).send(list);
});

/** By the deployment's root, below `/_ledge/`. */
async function admin(
  endpoint: string,
  method: string,
  at: string,
  body?: string,
): Promise<unknown> {
  const client = new AwsClient({
    accessKeyId: "ledge",
    secretAccessKey: "ledge-local-secret",
    service: "s3",
    region: "us-east-1",
  });
  const headers = { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
  const init = { method, headers, ...(body !== undefined && { body }) };
  const response = await client.fetch(`${endpoint}/_ledge/${at}`, init);
  const text = await response.text();
  expect(response.ok, text).toBe(true);
  return text === "" ? undefined : JSON.parse(text);
}

test("a file that clashes with the deployment's own account ends the start, and names it", async () => {
  await writeFile(file, JSON.stringify({ accounts: [{ id: "000000000000", rootKeys: [FIRST] }] }));
  const { ended, printed } = start();
  expect(await ended).toBe(2);
  expect(printed.stderr).toContain(`--accounts ${file}: The id 000000000000 is another account's`);
});

test("a file that is not there, or wrong, ends the start", async () => {
  const missing = start();
  expect(await missing.ended).toBe(2);
  expect(missing.printed.stderr).toContain(`--accounts ${file} cannot be read (ENOENT)`);
  await writeFile(file, JSON.stringify({ accounts: [{ id: "1" }] }));
  const wrong = start();
  expect(await wrong.ended).toBe(2);
  expect(wrong.printed.stderr).toContain(`--accounts ${file}: accounts[0].id does not match`);
});
