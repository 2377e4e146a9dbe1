import type { Writable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { Response } from "../../../local/http/response.ts";
import { dial, serve } from "../../support/http-handler.ts";
import { requestHead } from "../../support/raw-connection.ts";

const answered = async (): Promise<Response> => new Response("answered");

const HOST = "Host: h\r\n";

test.for([
  {
    what: "CONNECT",
    bytes: `CONNECT h:80 HTTP/1.1\r\n${HOST}\r\n`,
    refusal: "405 MethodNotAllowed",
  },
  {
    what: "an unknown method",
    bytes: `FOO / HTTP/1.1\r\n${HOST}\r\n`,
    refusal: "405 MethodNotAllowed",
  },
  {
    what: "a method in lower case",
    bytes: `get / HTTP/1.1\r\n${HOST}\r\n`,
    refusal: "405 MethodNotAllowed",
  },
  {
    what: "a header without a colon",
    bytes: `GET / HTTP/1.1\r\n${HOST}nothing\r\n\r\n`,
    refusal: "400 BadRequest",
  },
  { what: "a bare line feed", bytes: "GET / HTTP/1.1\nHost: h\n\n", refusal: "400 BadRequest" },
  {
    what: "a folded header",
    bytes: `GET / HTTP/1.1\r\n${HOST}x-a: 1\r\n 2\r\n\r\n`,
    refusal: "400 BadRequest",
  },
  {
    what: "a blank before a colon",
    bytes: `GET / HTTP/1.1\r\n${HOST}x-a : 1\r\n\r\n`,
    refusal: "400 BadRequest",
  },
  { what: "another version", bytes: `GET / HTTP/3.0\r\n${HOST}\r\n`, refusal: "400 BadRequest" },
  { what: "HTTP/2", bytes: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", refusal: "400 BadRequest" },
  {
    what: "bytes beyond ASCII in a path",
    bytes: `GET /\xe9 HTTP/1.1\r\n${HOST}\r\n`,
    refusal: "400 BadRequest",
  },
  {
    what: "a target that is none",
    bytes: `GET b/k HTTP/1.1\r\n${HOST}\r\n`,
    refusal: "400 BadRequest",
  },
  {
    what: "two lengths",
    bytes: `PUT / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 1\r\n\r\n`,
    refusal: "400 BadRequest",
  },
  {
    what: "a length and chunks",
    bytes: `PUT / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
    refusal: "400 BadRequest",
  },
  {
    what: "a negative length",
    bytes: `PUT / HTTP/1.1\r\n${HOST}Content-Length: -1\r\n\r\n`,
    refusal: "400 BadRequest",
  },
  { what: "a client of TLS", bytes: "\x16\x03\x01\x02\x00\x01\x00\x01", refusal: "400 BadRequest" },
  {
    what: "a head that is too long",
    bytes: `GET / HTTP/1.1\r\n${HOST}${`x-a: ${"a".repeat(999)}\r\n`.repeat(140)}\r\n`,
    refusal: "400 RequestHeaderSectionTooLarge",
  },
])("$what is refused in S3's form: $refusal", async ({ bytes, refusal }) => {
  let handled = 0;
  const port = await serve(() => {
    handled += 1;
    return answered();
  });
  const client = dial(port);
  await client.send(Buffer.from(bytes, "latin1"));
  const answer = await client.everything();
  const [status, code] = refusal.split(" ");
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  for (const name of [
    "date",
    "server: Ledge",
    "connection: close",
    "content-type: application/xml",
  ])
    expect(answer.toLowerCase()).toContain(`\r\n${name.toLowerCase()}`);
  const id = /\r\nx-amz-request-id: (\w{16})\r\n/.exec(answer)?.[1];
  expect(answer).toContain(`<Error><Code>${code}</Code>`);
  expect(answer).toContain(`<RequestId>${id}</RequestId>`);
  expect(handled).toBe(0);
});

test("a head of 120 KiB in 3,000 headers is none that is too long", async () => {
  const port = await serve(async ({ headers }) => new Response(String([...headers].length)));
  const client = dial(port);
  const headers = Object.fromEntries(
    Array.from({ length: 3000 }, (_, n) => [`x-${n}`, "a".repeat(30)]),
  );
  await client.send(requestHead("GET", "/", headers));
  expect(await client.answer()).toMatch(/3001$/);
});

test("a refusal reaches who sends all before it reads", async () => {
  const client = dial(await serve(answered));
  client.stopReading();
  await client.send("FOO / HTTP/1.1\r\n", Buffer.alloc(8 * 1024 * 1024, "x"));
  expect(await client.answer()).toContain("<Code>MethodNotAllowed</Code>");
});

test("what cannot be read behind a good request does not take its answer along", async () => {
  const port = await serve(async () => {
    await setTimeout(20);
    return new Response("answered");
  });
  const client = dial(port);
  await client.send(`${requestHead("GET", "/")}nonsense\r\n\r\n`);
  expect(await client.everything()).toMatch(/^HTTP\/1.1 200 [^]*connection: close[^]*answered$/i);
});

test("what cannot be read behind an answer that has begun ends the connection after it", async () => {
  const { promise: held, resolve: goOn } = Promise.withResolvers<void>();
  const port = await serve(async () => {
    const pour = async (outgoing: Writable): Promise<void> => {
      outgoing.write("an");
      await held;
      outgoing.end("swer");
    };
    return new Response({ pour, cancel: async () => {} }, { headers: { "content-length": "6" } });
  });
  const client = dial(port);
  await client.send(requestHead("GET", "/"));
  await expect.poll(() => client.hasReceived).toBe(true);
  await client.send("nonsense\r\n\r\n");
  await setTimeout(20);
  goOn();
  expect(await client.everything()).toMatch(/^HTTP\/1.1 200 [^]*\r\nanswer$/);
});

test("a chunk that cannot be read fails the read of the body", async () => {
  const port = await serve(async ({ body }) => {
    const reading = body?.take(100).catch(() => "failed");
    return new Response(String(await reading));
  });
  const client = dial(port);
  await client.send(
    requestHead("PUT", "/", { "transfer-encoding": "chunked" }),
    "4\r\nbody\r\n-1\r\n",
  );
  expect(await client.everything()).toMatch(/^HTTP\/1.1 200 [^]*connection: close[^]*failed$/i);
});

test("a head that is not sent to its end is RequestTimeout", async () => {
  const client = dial(await serve(answered, { headMs: 50 }));
  await client.send("GET / HTTP/1.1\r\nHost");
  expect(await client.everything()).toMatch(/^HTTP\/1.1 400 [^]*<Code>RequestTimeout<\/Code>/);
});

test("a connection on which nothing comes is closed without a word, before or after a request", async () => {
  const port = await serve(answered, { headMs: 50, keepAliveMs: 50 });
  const [silent, idle] = [dial(port), dial(port)];
  await idle.send(requestHead("GET", "/"));
  await idle.answer();
  expect(await silent.everything()).toBe("");
  expect(await idle.everything()).toBe("");
});

test("a refusal can be logged", async () => {
  const log = vi.spyOn(console, "log").mockReturnValue();
  const client = dial(await serve(answered, { logsRefusals: true }));
  await client.send("nonsense\r\n\r\n");
  const answer = await client.everything();
  const lines = log.mock.calls.map(([line]) => JSON.parse(String(line)) as object);
  log.mockRestore();
  const requestId = /<RequestId>(\w+)</.exec(answer)?.[1];
  expect(lines).toMatchObject([{ event: "request", requestId, status: 400, code: "BadRequest" }]);
});
