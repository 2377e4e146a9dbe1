import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request as secureRequest } from "node:https";
import { connect as connectSecurely } from "node:tls";
import path from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { Response } from "../../../local/http/response.ts";
import { serveHttp } from "../../../local/http/server.ts";
import { CERTIFICATE } from "../../support/certificate.ts";
import { dial, serve } from "../../support/http-handler.ts";
import { type RawConnection, requestHead } from "../../support/raw-connection.ts";

const answered = async (): Promise<Response> => new Response("answered");

function readTls(): { readonly cert: Buffer; readonly key: Buffer } {
  return { cert: readFileSync(CERTIFICATE.certificate), key: readFileSync(CERTIFICATE.key) };
}

test("a server that stops answers what is open, and takes nothing new", async () => {
  const { promise: held, resolve: goOn } = Promise.withResolvers<void>();
  let begun = 0;
  const server = await serveHttp(
    async () => {
      begun += 1;
      await held;
      return new Response("late");
    },
    { host: "127.0.0.1", port: 0 },
  );
  const [busy, silent, half] = [dial(server.port), dial(server.port), dial(server.port)];
  await busy.send(requestHead("GET", "/"));
  await half.send("GET / HTTP");
  await expect.poll(() => begun).toBe(1);
  const stopped = server.stop(10_000);
  await Promise.all([silent.everything(), half.everything()]);
  await expect(dial(server.port).send(requestHead("GET", "/"))).rejects.toThrow();
  goOn();
  expect(await busy.everything()).toMatch(/connection: close[^]*late$/i);
  await stopped;
});

test("a server that stops cuts off what takes longer than its patience", async () => {
  const server = await serveHttp(() => new Promise(() => {}), { host: "127.0.0.1", port: 0 });
  const client = dial(server.port);
  await client.send(requestHead("GET", "/"));
  await setTimeout(20);
  await server.stop(50);
  expect(await client.everything()).toBe("");
});

test("a port that is taken is said to be so", async () => {
  const port = await serve(answered);
  await expect(serveHttp(answered, { host: "127.0.0.1", port })).rejects.toThrow("EADDRINUSE");
});

test("a connection too many is closed, and idle ones make room for the next", async () => {
  const { promise: held, resolve: goOn } = Promise.withResolvers<void>();
  const port = await serve(
    async ({ url }) => {
      if (url.endsWith("/wait")) await held;
      return new Response("answered");
    },
    { maxConnections: 2 },
  );
  const [busy, idle] = [dial(port), dial(port)];
  await idle.send(requestHead("GET", "/"));
  await idle.answer();
  await busy.send(requestHead("GET", "/wait"));
  expect(await dial(port).everything()).toBe("");
  await idle.closed;
  const next = dial(port);
  await next.send(requestHead("GET", "/"));
  expect(await next.answer()).toMatch(/answered$/);
  goOn();
  expect(await busy.answer()).toMatch(/answered$/);
});

// The second has so many files open that the limit on connections does not keep it from running out.
test.for([
  { openFiles: 0, mostHeld: 32 },
  { openFiles: 28, mostHeld: 20 },
])(
  "a server with $openFiles of 64 files open outlives more clients than it can hold, and answers the next",
  async ({ openFiles, mostHeld }) => {
    const program = path.join(import.meta.dirname, "../../fixtures/http-server.ts");
    const command = `ulimit -n 64; exec "${process.execPath}" "${program}" ${openFiles}`;
    const child = spawn("sh", ["-c", command], { stdio: ["pipe", "pipe", "inherit"] });
    const exited = once(child, "exit");
    try {
      const [line] = (await once(child.stdout, "data")) as [Buffer];
      const port = Number(line.toString());
      const crowd = Array.from({ length: 100 }, () => dial(port));
      for (const client of crowd) await client.send("GET / HTTP/1.1\r\n").catch(() => undefined);
      const isHeld = (client: RawConnection): Promise<boolean> =>
        Promise.race([client.closed.then(() => false), setTimeout(300, true)]);
      const held = (await Promise.all(crowd.map(isHeld))).filter(Boolean).length;
      expect(held).toBeGreaterThan(0);
      expect(held).toBeLessThanOrEqual(mostHeld);
      for (const client of crowd) client.close();
      const next = async (): Promise<string> => {
        const client = dial(port);
        await client.send(requestHead("GET", "/")).catch(() => undefined);
        return client.answer();
      };
      await expect.poll(next).toMatch(/answered$/);
    } finally {
      child.kill();
      await exited;
    }
  },
);

test("a server that stops waits for no client that has not agreed on TLS", async () => {
  const server = await serveHttp(answered, { host: "127.0.0.1", port: 0, tls: readTls() });
  const client = dial(server.port);
  await client.send("");
  await setTimeout(20);
  await server.stop(50);
  expect(await client.everything()).toBe("");
});

test("requests over TLS, and who speaks something else to its port", async () => {
  const tls = readTls();
  const port = await serve(
    async ({ url, body }) => {
      const chunks = (await body?.take(1_000_000)) ?? [];
      return new Response(`${url} ${Buffer.concat(chunks).byteLength}`);
    },
    { tls },
  );
  const sending = secureRequest({
    port,
    host: "127.0.0.1",
    path: "/a/../b",
    method: "PUT",
    ca: tls.cert,
    servername: "localhost",
  });
  sending.end(Buffer.alloc(1_000_000));
  const [response] = await once(sending, "response");
  expect(await text(response)).toBe(`https://127.0.0.1:${port}/a/../b 1000000`);

  const plain = dial(port);
  await plain.send(requestHead("GET", "/"));
  await plain.everything();

  const socket = connectSecurely({
    port,
    host: "127.0.0.1",
    ca: tls.cert,
    servername: "localhost",
  });
  socket.write("nonsense\r\n\r\n");
  expect(await text(socket)).toContain("<Code>BadRequest</Code>");
});
