import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { Agent } from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { connect } from "node:tls";
import { ListBucketsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CERTIFICATE } from "../support/certificate.ts";
import { type LedgeCommand, runLedge } from "../support/ledge-command.ts";
import { SERVER } from "../support/ledge-process.ts";
import { presign, sdkClient, uniqueBucket } from "../support/sdk.ts";

let data: string;
const running: LedgeCommand[] = [];
beforeEach(async () => {
  data = await mkdtemp(path.join(tmpdir(), "ledge-options-"));
});
afterEach(async () => {
  await stopAll();
  await rm(data, { recursive: true, force: true });
});

async function stopAll(): Promise<void> {
  for (const { child } of running) child.kill("SIGTERM");
  await Promise.all(running.splice(0).map(({ ended }) => ended));
}

/** A server that is ready, and what it says of itself. */
async function serve(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const command = runLedge(["serve", "--port", "0", "--data", data, ...args], env);
  running.push(command);
  const { endpoint = "", ...told } = await command.event("ready");
  const { accessKeyId = "", secretAccessKey = "" } = told;
  return { ...told, command, endpoint, credentials: { accessKeyId, secretAccessKey } };
}

test("the buckets of --bucket are there once the first line is printed, at each start", async () => {
  const args = ["--bucket", "one", "--bucket", "two", "--region", "eu-west-3"];
  for (let start = 0; start < 2; start += 1) {
    const server = await serve(args);
    const { Buckets = [] } = await sdkClient(server, { region: "eu-west-3" }).send(
      new ListBucketsCommand({}),
    );
    expect(Buckets.map(({ Name }) => Name)).toEqual(["one", "two"]);
    expect(server.command.printed.stdout).toMatch(/^\{"event":"ready"/);
    await stopAll();
  }
});

test("MINIO_ROOT_USER and MINIO_ROOT_PASSWORD are the keys where Ledge's own are not set", async () => {
  const minio = { MINIO_ROOT_USER: "minioadmin", MINIO_ROOT_PASSWORD: "minio-secret" };
  const taken = await serve([], minio);
  expect(taken.accessKeyId).toBe("minioadmin");
  const credentials = { accessKeyId: "minioadmin", secretAccessKey: "minio-secret" };
  await sdkClient({ ...taken, credentials }).send(new ListBucketsCommand({}));
  await stopAll();
  const own = await serve([], { ...minio, ROOT_ACCESS_KEY_ID: "me", ROOT_SECRET_ACCESS_KEY: "s" });
  expect(own.accessKeyId).toBe("me");
});

test.runIf(SERVER === "ledge serve")(
  "MinIO's addresses for health answer 200 unsigned, and whatever else is asked there is S3's",
  async () => {
    const server = await serve(["--bucket", "minio"]);
    const s3 = sdkClient(server);
    await s3.send(new PutObjectCommand({ Bucket: "minio", Key: "health/live", Body: "an object" }));
    const statusOf = async (target: string, method = "GET") =>
      (await fetch(server.endpoint + target, { method })).status;
    for (const name of ["live", "ready", "cluster", "cluster/read"])
      for (const method of ["GET", "HEAD"])
        expect(await statusOf(`/minio/health/${name}`, method), `${method} ${name}`).toBe(200);
    expect(await statusOf("/minio/health/live", "DELETE")).toBe(403);
    expect(await statusOf("/minio/health/other")).toBe(403);
    expect(await statusOf("/other/minio/health/live")).toBe(404);
    const signed = await fetch(await presign(server, "GET", "/minio/health/live"));
    expect(await signed.text()).toBe("an object");
  },
);

test("--tls serves by a certificate of its own, which it keeps, and clients can trust", async () => {
  const { endpoint, credentials, certificate = "", command } = await serve(["--tls"]);
  const { port } = new URL(endpoint);
  const ca = await readFile(certificate);
  const s3 = sdkClient(
    { endpoint, credentials },
    { requestHandler: { httpsAgent: new Agent({ ca }) } },
  );
  const Bucket = await uniqueBucket(s3);
  await s3.send(new PutObjectCommand({ Bucket, Key: "key", Body: "body" }));
  for (const servername of ["localhost", "s3.localhost", `${Bucket}.s3.localhost`])
    await expect(greet({ port: Number(port), servername, ca })).resolves.toBe("trusted");
  await expect(greet({ port: Number(port), servername: "example.com", ca })).rejects.toThrow(
    "does not match certificate",
  );
  expect((await stat(path.join(data, "tls", "key.pem"))).mode & 0o777).toBe(0o600);
  expect(command.printed.stdout).toContain(`AWS_CA_BUNDLE='${certificate}'`);
  await stopAll();

  await serve(["--tls"]);
  expect(await readFile(certificate)).toEqual(ca);
  await stopAll();
  await serve(["--tls", "--virtual-host", "s3.example"]);
  const another = await readFile(certificate);
  expect(another).not.toEqual(ca);
  await stopAll();

  // What a server leaves that dies while it makes another pair.
  await writeFile(path.join(data, "tls", "key.pem"), await readFile(CERTIFICATE.key));
  await serve(["--tls", "--virtual-host", "s3.example"]);
  expect(await readFile(certificate)).not.toEqual(another);
});

function greet(options: { port: number; servername: string; ca: Buffer }): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...options, host: "127.0.0.1" }, () => {
      socket.destroy();
      resolve("trusted");
    });
    socket.once("error", reject);
  });
}

test.runIf(SERVER === "ledge serve")(
  "what is not synced is said so in the first line",
  async () => {
    expect(await serve()).toMatchObject({ fsync: true, runtime: "node" });
    await stopAll();
    expect(await serve(["--fsync", "false"])).toMatchObject({ fsync: false });
  },
);

test.runIf(SERVER === "ledge serve")(
  "an error that nobody expected ends the server with a message",
  async () => {
    const fault = "process.once('SIGUSR2', () => { throw new Error('out of the blue') })";
    const { command } = await serve([], {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(fault)}`,
    });
    command.child.kill("SIGUSR2");
    expect(await command.ended).toBe(1);
    expect(command.printed.stderr).toContain("out of the blue");
  },
);

test("a log that nobody reads any more does not end the server", async () => {
  const { command, endpoint } = await serve();
  command.child.stdout?.destroy();
  command.child.stderr?.destroy();
  for (let i = 0; i < 3; i += 1) expect((await fetch(`${endpoint}/bucket`)).status).toBe(404);
  command.child.kill("SIGTERM");
  expect(await command.ended).toBe(0);
});
