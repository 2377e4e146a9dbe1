import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import type { BodyStream } from "../../../local/http/body-stream.ts";
import type { Request } from "../../../local/http/request.ts";
import { Response } from "../../../local/http/response.ts";
import { dial, serve } from "../../support/http-handler.ts";
import { requestHead } from "../../support/raw-connection.ts";

const MIB = 1024 * 1024;

/** Reads a body as `src/` does. */
async function readWhole(body: BodyStream, leastBytes = 4096): Promise<Buffer> {
  const reader = body.getReader({ mode: "byob" });
  const pieces: Buffer[] = [];
  let buffer = new Uint8Array(5000);
  for (;;) {
    const { value, done } = await reader.readAtLeast(leastBytes, buffer);
    if (value !== undefined) pieces.push(Buffer.from(value));
    if (done || value === undefined) break;
    buffer = new Uint8Array(value.buffer);
  }
  reader.releaseLock();
  return Buffer.concat(pieces);
}

async function takeWhole(body: BodyStream): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for (;;) {
    const chunks = await body.take(10_000);
    if (chunks === undefined) return Buffer.concat(pieces);
    pieces.push(...chunks);
  }
}

const READERS = { readWhole, takeWhole };

test.for(
  (["readWhole", "takeWhole"] as const).flatMap((reader) =>
    [1, 4095, 4096, 5000, 5001, 3 * MIB].flatMap((sizeBytes) =>
      [true, false].map((isChunked) => ({ reader, sizeBytes, isChunked })),
    ),
  ),
)(
  "$reader reads a body of $sizeBytes bytes, chunked: $isChunked, and the connection goes on",
  async ({ reader, sizeBytes, isChunked }) => {
    const sent = Buffer.alloc(sizeBytes, "a body of many bytes ");
    const read: boolean[] = [];
    const port = await serve(async ({ body }) => {
      if (body !== null) read.push((await READERS[reader](body)).equals(sent));
      return new Response("");
    });
    const client = dial(port);
    for (let round = 0; round < 2; round += 1) {
      const framing = isChunked
        ? { "transfer-encoding": "chunked" }
        : { "content-length": sizeBytes };
      await client.send(requestHead("PUT", "/", framing));
      if (isChunked) await client.send(`${sizeBytes.toString(16)}\r\n`, sent, "\r\n0\r\n\r\n");
      else await client.send(sent);
      expect(await client.answer()).toMatch(/^HTTP\/1.1 200 /);
    }
    expect(read).toEqual([true, true]);
  },
);

test("a body that nobody reads is not taken from its sender beyond a buffer", async () => {
  const { promise: held, resolve: goOn } = Promise.withResolvers<void>();
  let request: Request | undefined;
  const port = await serve(async (received) => {
    request = received;
    await held;
    return new Response(String((await takeWhole(received.body as unknown as BodyStream)).length));
  });
  const client = dial(port);
  const sizeBytes = 64 * MIB;
  const sending = client.send(
    requestHead("PUT", "/", { "content-length": sizeBytes }),
    Buffer.alloc(sizeBytes),
  );
  await expect
    .poll(() => sizeBytes - (request?.body?.missingBytes ?? sizeBytes))
    .toBeGreaterThan(0);
  await setTimeout(100);
  expect(sizeBytes - (request?.body?.missingBytes ?? 0)).toBeLessThan(MIB);
  goOn();
  await sending;
  expect(await client.answer()).toMatch(new RegExp(`${sizeBytes}$`));
});

test.for([
  { how: "resets the connection", hangUp: "close" },
  { how: "ends its half", hangUp: "endSending" },
] as const)("an upload whose client $how breaks off", async ({ hangUp }) => {
  const { promise: failed, resolve } = Promise.withResolvers<unknown>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const port = await serve(async ({ body, signal }) => {
    begin();
    const error = await readWhole(body as unknown as BodyStream).catch((error: unknown) => error);
    resolve(error);
    return new Response(String(signal.aborted));
  });
  const client = dial(port);
  await client.send(requestHead("PUT", "/", { "content-length": 10_000 }), "half");
  await begun;
  client[hangUp]();
  expect(await failed).toBeInstanceOf(Error);
  if (hangUp === "endSending") expect(await client.everything()).toMatch(/connection: close/i);
});

test("the signal of a request tells that its client has hung up, and not that it was answered", async () => {
  const signals: AbortSignal[] = [];
  const port = await serve(async ({ url, signal }) => {
    signals.push(signal);
    if (url.endsWith("late"))
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    return new Response("");
  });
  const client = dial(port);
  await client.send(requestHead("GET", "/"));
  await client.answer();
  await client.send(requestHead("GET", "/late"));
  await expect.poll(() => signals.length).toBe(2);
  client.close();
  await expect.poll(() => signals.map(({ aborted }) => aborted)).toEqual([false, true]);
});

test("a read that waits is at its end when the body is cancelled, and the connection closes", async () => {
  const port = await serve(async ({ body }) => {
    const reading = readWhole(body as unknown as BodyStream);
    await body?.cancel();
    return new Response(String((await reading).length));
  });
  const client = dial(port);
  await client.send(requestHead("PUT", "/", { "content-length": 100 }), "half");
  expect(await client.answer()).toMatch(/connection: close\r\n[^]*\r\n4$|\r\n0$/i);
  expect(await client.closed).toBe("end");
});

const refused = async (): Promise<Response> => new Response("refused", { status: 403 });

test.for([
  { sizeBytes: 100, goesOn: true },
  { sizeBytes: 64 * 1024, goesOn: true },
  { sizeBytes: 64 * 1024 + 1, goesOn: false },
  { sizeBytes: 16 * MIB, goesOn: false },
])(
  "a refusal of $sizeBytes bytes, unread, reaches who sends them before it reads, and the connection goes on: $goesOn",
  async ({ sizeBytes, goesOn }) => {
    const client = dial(await serve(refused));
    client.stopReading();
    const head = requestHead("PUT", "/", { "content-length": sizeBytes });
    await client.send(head, Buffer.alloc(sizeBytes));
    const answer = await client.answer();
    expect(answer).toMatch(/^HTTP\/1.1 403 [^]*refused$/);
    // All may have come by the time of the answer.
    if (!goesOn && /connection: close/i.test(answer)) expect(await client.closed).toBe("end");
    if (goesOn) {
      expect(answer).not.toMatch(/connection: close/i);
      await client.send(requestHead("GET", "/"));
      expect(await client.answer()).toMatch(/^HTTP\/1.1 403 /);
    }
  },
);

test("a refusal that comes when its client is held back reaches who sends all before it reads", async () => {
  const port = await serve(async ({ body }) => {
    await body?.take(1);
    await setTimeout(50);
    return refused();
  });
  const client = dial(port);
  client.stopReading();
  await client.send(
    requestHead("PUT", "/", { "content-length": 16 * MIB }),
    Buffer.alloc(16 * MIB),
  );
  expect(await client.answer()).toMatch(/^HTTP\/1.1 403 [^]*refused$/);
});

test("a refusal does not wait for the body, whose client is cut off when it sends too much", async () => {
  const client = dial(await serve(refused));
  await client.send(requestHead("PUT", "/", { "content-length": 100 * MIB }), "a beginning");
  expect(await client.answer()).toMatch(/^HTTP\/1.1 403 [^]*connection: close/i);
  await expect(client.send(Buffer.alloc(64 * MIB))).rejects.toThrow(/EPIPE|ECONNRESET/);
});

test("what stands behind a request whose connection closes is not carried out", async () => {
  const targets: string[] = [];
  const port = await serve(async ({ url }) => {
    targets.push(url);
    return new Response("");
  });
  const client = dial(port);
  const head = requestHead("PUT", "/first", { "content-length": 100_000 });
  await client.send(head);
  await client.answer();
  await client.send(Buffer.alloc(100_000), requestHead("DELETE", "/second"));
  expect(await client.closed).toBe("end");
  expect(targets).toEqual(["http://127.0.0.1/first"]);
});

const EXPECTING = { expect: "100-continue", "content-length": 4 };

test("100 Continue is sent when the body is read, once, before the answer", async () => {
  const { promise: held, resolve: goOn } = Promise.withResolvers<void>();
  const port = await serve(async ({ body }) => {
    await held;
    return new Response(await readWhole(body as unknown as BodyStream));
  });
  const client = dial(port);
  await client.send(requestHead("PUT", "/", EXPECTING));
  await setTimeout(20);
  expect(client.hasReceived).toBe(false);
  goOn();
  expect(await client.answer()).toBe("HTTP/1.1 100 Continue\r\n\r\n");
  await client.send("body");
  expect(await client.answer()).toMatch(/^HTTP\/1.1 200 [^]*body$/);
  await client.send(requestHead("PUT", "/", { "content-length": 4 }), "next");
  expect(await client.answer()).toMatch(/^HTTP\/1.1 200 [^]*next$/);
});

test("who waits for 100 Continue and is refused is not asked for the body, and the connection closes", async () => {
  const client = dial(await serve(refused));
  await client.send(requestHead("PUT", "/", EXPECTING));
  expect(await client.answer()).toMatch(/^HTTP\/1.1 403 [^]*connection: close/i);
  expect(await client.closed).toBe("end");
});

// botocore before 1.43.77 takes the next 100 Continue for a final answer if this one was not sent.
test("100 Continue is sent for an empty body too", async () => {
  const client = dial(await serve(refused));
  for (let round = 0; round < 2; round += 1) {
    await client.send(requestHead("PUT", "/", { ...EXPECTING, "content-length": 0 }));
    expect(await client.answer()).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    expect(await client.answer()).toMatch(/^HTTP\/1.1 403 /);
  }
});

test("an expectation that nobody knows is none", async () => {
  const client = dial(await serve(refused));
  await client.send(requestHead("PUT", "/", { expect: "the best", "content-length": 0 }));
  expect(await client.answer()).toMatch(/^HTTP\/1.1 403 /);
});
