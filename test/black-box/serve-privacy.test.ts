import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type LedgeCommand, runLedge } from "../support/ledge-command.ts";
import { RawConnection, requestHead } from "../support/raw-connection.ts";
import { presign, sdkClient, uniqueBucket } from "../support/sdk.ts";

let folder: string;
let data: string;
let command: LedgeCommand | undefined;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "ledge-privacy-"));
  data = path.join(folder, "data");
});
afterEach(async () => {
  await stop();
  await rm(folder, { recursive: true, force: true });
});

async function stop(): Promise<void> {
  command?.child.kill("SIGTERM");
  await command?.ended;
  command = undefined;
}

async function serve(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  command = runLedge(["serve", "--port", "0", "--data", data, ...args], env);
  const { endpoint = "", accessKeyId = "" } = await command.event("ready");
  const secretAccessKey = env["ROOT_SECRET_ACCESS_KEY"] ?? "ledge-local-secret";
  return { endpoint, credentials: { accessKeyId, secretAccessKey } };
}

/** Sends what a browser at another site's page would, with a signature. */
async function sendFromElsewhere(server: Awaited<ReturnType<typeof serve>>): Promise<string> {
  const bucket = await uniqueBucket(sdkClient(server));
  const url = new URL(await presign(server, "POST", `/${bucket}/key`, { uploads: "" }));
  const client = new RawConnection(Number(url.port));
  const headers = { host: url.host, Origin: "https://evil.example", "Content-Length": 0 };
  await client.send(requestHead("POST", url.pathname + url.search, headers));
  const answer = await client.answer();
  client.close();
  return answer;
}

test("a page of another site cannot sign with the published secret, and uses nobody else's", async () => {
  expect(await sendFromElsewhere(await serve())).toContain("another site's page");
  await stop();
  const allowed = await serve(["--allow-default-credentials"]);
  expect(await sendFromElsewhere(allowed)).toMatch(/^HTTP\/1\.1 200 /);
  await stop();
  const own = await serve([], { ROOT_SECRET_ACCESS_KEY: "my-own-secret" });
  expect(await sendFromElsewhere(own)).toMatch(/^HTTP\/1\.1 200 /);
});

async function modesIn(root: string): Promise<ReadonlySet<string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const modes = await Promise.all(
    entries.map(async (entry) => {
      const { mode } = await stat(path.join(entry.parentPath, entry.name));
      return `${entry.isDirectory() ? "folder" : "file"} ${(mode & 0o777).toString(8)}`;
    }),
  );
  return new Set(modes);
}

async function mode(entry: string): Promise<string> {
  return ((await stat(entry)).mode & 0o777).toString(8);
}

test("other users of the machine can read nothing of the data folder", async () => {
  const s3 = sdkClient(await serve());
  const Bucket = await uniqueBucket(s3);
  await s3.send(new PutObjectCommand({ Bucket, Key: "blob", Body: Buffer.alloc(100_000) }));
  expect(await mode(data)).toBe("700");
  expect(await modesIn(data)).toEqual(new Set(["folder 700", "file 600"]));
});

test("a folder of an earlier version is closed to other users, one that holds more than data is not", async () => {
  await mkdir(path.join(data, "blobs"), { recursive: true });
  for (const earlier of [data, path.join(data, "blobs")]) await chmod(earlier, 0o755);
  await serve();
  expect([await mode(data), await mode(path.join(data, "blobs"))]).toEqual(["700", "700"]);
  await stop();

  await writeFile(path.join(data, "notes.txt"), "");
  for (const shared of [data, path.join(data, "blobs")]) await chmod(shared, 0o755);
  await serve();
  expect([await mode(data), await mode(path.join(data, "blobs"))]).toEqual(["755", "700"]);
});
