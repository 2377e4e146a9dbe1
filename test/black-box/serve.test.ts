import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { CreateBucketCommand, ListBucketsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { OPTIONS } from "../../cli/arguments.ts";
import { CERTIFICATE } from "../support/certificate.ts";
import { type LedgeCommand, runLedge } from "../support/ledge-command.ts";
import { SERVER } from "../support/ledge-process.ts";
import { presign, sdkClient, uniqueBucket } from "../support/sdk.ts";

/** What ends before a runtime starts is tried with the other one. */
const IS_TRIED = SERVER === "ledge serve on workerd";

let folder: string;
let data: string;
const running: LedgeCommand[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "ledge-serve-"));
  data = path.join(folder, "data");
});
afterEach(async () => {
  for (const { child } of running) child.kill("SIGTERM");
  await Promise.all(running.splice(0).map(({ ended }) => ended));
  await rm(folder, { recursive: true, force: true });
});

function serve(
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): LedgeCommand {
  const command = runLedge(["serve", "--port", "0", "--data", data, ...args], env);
  running.push(command);
  return command;
}

async function served(command: LedgeCommand) {
  const { endpoint = "", accessKeyId = "", secretAccessKey = "" } = await command.event("ready");
  return { endpoint, credentials: { accessKeyId, secretAccessKey } };
}

async function expectRefusal(command: LedgeCommand, sentence: RegExp): Promise<void> {
  expect(await command.ended).toBe(2);
  expect(command.printed.stderr).toMatch(sentence);
  expect(command.printed.stderr.trim().split("\n")).toHaveLength(1);
  expect(command.printed.stdout).toBe("");
}

test("it says where it is and with which keys, and answers", async () => {
  const command = serve();
  const { endpoint, credentials } = await served(command);
  const health = await fetch(`${endpoint}/_ledge/health`);
  expect(health.status).toBe(200);
  const s3 = sdkClient({ endpoint, credentials });
  await s3.send(new CreateBucketCommand({ Bucket: "shelf" }));
  const { Buckets } = await s3.send(new ListBucketsCommand({}));
  expect(Buckets).toMatchObject([{ Name: "shelf" }]);
});

test.skipIf(IS_TRIED)(
  "--help names every option with its default, and no other; --version is the package's",
  async () => {
    const help = runLedge(["--help"]);
    expect(await help.ended).toBe(0);
    const lines = help.printed.stdout
      .split("\n")
      .map((line) => line.trim().replace(/^ledge --/, "--"));
    const named = lines.flatMap((line) => /^--([\w-]+)/.exec(line)?.[1] ?? []);
    expect(named.toSorted()).toEqual(Object.keys(OPTIONS).toSorted());
    for (const [name, option] of Object.entries(OPTIONS))
      if ("default" in option && typeof option.default === "string")
        expect(lines.find((line) => line.startsWith(`--${name} `))).toContain(
          `(${option.default})`,
        );
    const version = runLedge(["--version"]);
    expect(await version.ended).toBe(0);
    const { version: expected } = JSON.parse(readFileSync("package.json", "utf8"));
    expect(version.printed.stdout).toBe(`${expected}\n`);
  },
);

test.skipIf(IS_TRIED).for([
  { args: ["sell"], sentence: /"sell" is no command/ },
  { args: ["serve", "--nonsense"], sentence: /--nonsense/ },
  { args: ["serve", "--port", "70000"], sentence: /--port 70000 is not a port number/ },
  { args: ["serve", "--region", "US EAST"], sentence: /REGION is "US EAST"/ },
  { args: ["serve", "--var", "COLOR:red"], sentence: /COLOR is no setting/ },
  { args: ["serve", "--access-key", ""], sentence: /--access-key is empty/ },
  { args: ["serve", "--host", "no.such.invalid"], sentence: /no\.such\.invalid is no address/ },
  { args: ["serve", "--host", "192.0.2.1", "--secret-key", "x"], sentence: /192\.0\.2\.1 is not/ },
])("$args is refused in a sentence", async ({ args, sentence }) => {
  await expectRefusal(runLedge([...args, "--data", data]), sentence);
});

test("a port in use is refused", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const address = other.address();
  const port = typeof address === "object" ? String(address?.port) : "";
  await expectRefusal(serve(["--port", port]), new RegExp(`port ${port} .* is in use`));
  other.close();
});

test("a data folder has one server at a time, of several that start at once too", async () => {
  const rivals = Array.from({ length: 4 }, () => serve());
  const ends = await Promise.all(
    rivals.map((rival) =>
      Promise.race([
        rival.ended,
        rival.event("ready").then(
          () => "ready",
          () => rival.ended,
        ),
      ]),
    ),
  );
  expect(ends.map(String).toSorted()).toEqual(["2", "2", "2", "ready"]);
  const winner = rivals[ends.indexOf("ready")];
  for (const rival of rivals)
    if (rival !== winner) expect(rival.printed.stderr).toContain(`process ${winner?.child.pid}`);
});

test("the folder and the port of a server that was killed are free at once", async () => {
  const killed = serve();
  const { endpoint, credentials } = await served(killed);
  await sdkClient({ endpoint, credentials }).send(new CreateBucketCommand({ Bucket: "kept" }));
  killed.child.kill("SIGKILL");
  // Its pipes close only when workerd, which holds them as well, has ended.
  expect(await killed.ended).toBe("SIGKILL");
  await expect(fetch(endpoint)).rejects.toThrow("fetch failed");

  const next = await served(serve(["--port", new URL(endpoint).port]));
  expect(next.endpoint).toBe(endpoint);
  const { Buckets } = await sdkClient(next).send(new ListBucketsCommand({}));
  expect(Buckets).toMatchObject([{ Name: "kept" }]);
});

test("a lock of another process that has the dead holder's id holds nothing", async () => {
  await mkdir(data);
  const lock = { pid: process.pid, started: "another boot 1" };
  await writeFile(path.join(data, "lock"), JSON.stringify(lock));
  await expect(served(serve())).resolves.toBeDefined();
});

test.for(["SIGTERM", "SIGINT"] as const)(
  "after %s the open upload is finished, and the exit code is 0",
  async (signal) => {
    const command = serve();
    const server = await served(command);
    const bucket = await uniqueBucket(sdkClient(server));
    const url = new URL(await presign(server, "PUT", `/${bucket}/key`));
    const body = Buffer.alloc(100_000, "body");
    const socket = connect(Number(url.port), "127.0.0.1");
    socket.write(`PUT ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n`);
    socket.write(`Content-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`);
    // The server wants the body: the request has arrived.
    expect(String((await once(socket, "data"))[0])).toContain("100 Continue");
    socket.write(body.subarray(0, 50_000));
    command.child.kill(signal);
    await command.event("progress");
    socket.write(body.subarray(50_000));
    expect(String((await once(socket, "data"))[0])).toContain("HTTP/1.1 200 OK");
    socket.destroy();
    expect(await command.ended).toBe(0);

    const next = await served(serve());
    const read = await fetch(await presign(next, "GET", `/${bucket}/key`));
    expect(Buffer.from(await read.arrayBuffer()).equals(body)).toBe(true);
  },
);

test.skipIf(IS_TRIED)("a folder that cannot be written is refused", async () => {
  await writeFile(path.join(folder, "file"), "");
  await expectRefusal(serve(["--data", path.join(folder, "file", "data")]), /cannot be written/);
  await expectRefusal(serve(["--data", path.join(folder, "file")]), /cannot be written/);
});

test.skipIf(IS_TRIED).for([
  { version: "a later", format: 1000 },
  { version: "an earlier", format: 2 },
])("data of $version version are refused and left alone", async ({ version, format }) => {
  await mkdir(data);
  const file = path.join(data, "format.json");
  const text = JSON.stringify({ format });
  await writeFile(file, text);
  await expectRefusal(serve(), new RegExp(`${version} version of Ledge .* does not read`));
  expect(readFileSync(file, "utf8")).toBe(text);
  expect(readdirSync(data)).toEqual(["format.json"]);
});

test("a folder of any name will do", async () => {
  data = path.join(folder, `it's "quoted" \\ ünï ${String.fromCodePoint(0x1f4da)}`);
  const server = await served(serve());
  const s3 = sdkClient(server);
  const Bucket = await uniqueBucket(s3);
  await s3.send(new PutObjectCommand({ Bucket, Key: "key", Body: Buffer.alloc(100_000) }));
  expect(existsSync(path.join(data, "blobs"))).toBe(true);
});

test.skipIf(IS_TRIED)("a certificate that is none, or is not the key's, is refused", async () => {
  const { certificate, key } = CERTIFICATE;
  const none = path.join(folder, "none.pem");
  const tls = (cert: string, key: string) => serve(["--tls-cert", cert, "--tls-key", key]);
  await expectRefusal(tls(none, key), /none\.pem cannot be read/);
  await writeFile(none, "not a certificate");
  await expectRefusal(tls(none, key), /not a certificate and its private key/);
  await expectRefusal(tls(key, certificate), /not a certificate and its private key/);
  await expectRefusal(serve(["--tls-cert", certificate]), /go together/);
});

test("beyond this machine the default credentials are refused, unless asked for", async () => {
  const everywhere = ["--host", "0.0.0.0"];
  await expectRefusal(serve(everywhere), /default credentials, which are published/);
  const warned = serve([...everywhere, "--allow-default-credentials"]);
  const { message } = await warned.event("warning");
  expect(message).toContain("default credentials");
  const { endpoint } = await served(warned);
  expect(endpoint).toContain("http://127.0.0.1:");
});

test("one's own credentials work, from the environment too, and are not printed", async () => {
  const own = serve(["--host", "0.0.0.0", "--access-key", "me"], {
    ROOT_SECRET_ACCESS_KEY: "my-own-secret",
  });
  const { endpoint } = await served(own);
  const credentials = { accessKeyId: "me", secretAccessKey: "my-own-secret" };
  await sdkClient({ endpoint, credentials }).send(new ListBucketsCommand({}));
  expect(own.printed.stdout + own.printed.stderr).not.toContain("my-own-secret");
  for (const entry of readdirSync(data, { recursive: true, withFileTypes: true }))
    if (entry.isFile())
      expect(
        readFileSync(path.join(entry.parentPath, entry.name), "latin1"),
        entry.name,
      ).not.toContain("my-own-secret");
});

test("each request is a line of JSON, and no line under --quiet", async () => {
  const command = serve();
  const { endpoint } = await served(command);
  await fetch(`${endpoint}/bucket/${encodeURIComponent('line\nbreak "quoted"')}`);
  expect(await command.event("request")).toMatchObject({
    method: "GET",
    key: 'line\nbreak "quoted"',
    status: 404,
    code: "NoSuchBucket",
  });
  command.child.kill("SIGTERM");
  await command.ended;
  const quiet = serve(["--quiet"]);
  await fetch(`${(await served(quiet)).endpoint}/bucket`);
  quiet.child.kill("SIGTERM");
  await quiet.ended;
  expect(quiet.printed.stdout).not.toContain('"event":"request"');
});

test("with --stop-on-stdin-end it lives no longer than its standard input", async () => {
  const command = serve(["--stop-on-stdin-end"]);
  await served(command);
  command.child.stdin?.end();
  expect(await command.ended).toBe(0);
});
