import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type LedgeCommand, runLedge } from "../support/ledge-command.ts";
import { sdkClient, uniqueBucket } from "../support/sdk.ts";

const WAIT = { timeout: 20_000, interval: 20 };

let folder: string;
let command: LedgeCommand;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "ledge-restart-"));
});
afterEach(async () => {
  command.child.kill("SIGTERM");
  await command.ended;
  await rm(folder, { recursive: true, force: true });
});

async function serve() {
  command = runLedge(["serve", "--port", "0", "--data", folder, "--quiet"]);
  const { endpoint = "", accessKeyId = "", secretAccessKey = "" } = await command.event("ready");
  const s3 = sdkClient({ endpoint, credentials: { accessKeyId, secretAccessKey } });
  const Bucket = await uniqueBucket(s3);
  await s3.send(new PutObjectCommand({ Bucket, Key: "key", Body: "acknowledged" }));
  return { s3, Bucket };
}

async function read(s3: S3Client, Bucket: string): Promise<string | undefined> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: "key" }));
  return Body?.transformToString();
}

/** Kills the server's workerd. @returns whether there was one */
function killWorkerd(): boolean {
  try {
    const parent = String(command.child.pid);
    const pid = execFileSync("pgrep", ["-P", parent, "-f", "config.capnp"], { encoding: "utf8" });
    process.kill(Number(pid), "SIGKILL");
    return true;
  } catch {
    return false;
  }
}

test("a workerd that ends by itself is started again, with all that was acknowledged", async () => {
  const { s3, Bucket } = await serve();
  expect(killWorkerd()).toBe(true);
  const { message } = await command.event("warning");
  expect(message).toContain("workerd ended by itself (SIGKILL) and is started again");
  const found = await vi.waitUntil(() => read(s3, Bucket).catch(() => undefined), WAIT);
  expect(found).toBe("acknowledged");
  command.child.kill("SIGTERM");
  expect(await command.ended).toBe(0);
});

test("a workerd that ends again and again is not started for ever", async () => {
  await serve();
  let kills = 0;
  const ended = command.ended.then(() => "ended");
  while ((await Promise.race([ended, new Promise((done) => setTimeout(done, 20))])) !== "ended")
    if (killWorkerd()) kills += 1;
  expect(await command.ended).toBe(1);
  expect(kills).toBeGreaterThan(5);
  expect(command.printed.stderr).toContain("again and again");
});
