import type { Writable } from "node:stream";
import { expect, test } from "vitest";
import { Response } from "../../../local/http/response.ts";
import { dial, serve } from "../../support/http-handler.ts";
import { requestHead } from "../../support/raw-connection.ts";

const CHUNK_BYTES = 64 * 1024;
/** More than the buffers of both ends hold. */
const MANY_CHUNKS = 1000;

/** Tells how far an answer has got. */
class Source {
  count = 0;
  isGivenBack = false;
  readonly #chunks: number;
  readonly #breaksAt: number;

  constructor(chunks: number, breaksAt = Number.POSITIVE_INFINITY) {
    this.#chunks = chunks;
    this.#breaksAt = breaksAt;
  }

  next(): Uint8Array | undefined {
    if (this.count === this.#breaksAt) throw new Error("broken");
    if (this.count === this.#chunks) return undefined;
    this.count += 1;
    return new Uint8Array(CHUNK_BYTES);
  }

  asStream(): ReadableStream<Uint8Array> {
    return new ReadableStream({
      pull: (controller) => {
        const chunk = this.next();
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
      cancel: () => {
        this.isGivenBack = true;
      },
    });
  }

  asPourable() {
    return {
      pour: async (outgoing: Writable): Promise<void> => {
        const closed = new Promise<void>((resolve) => outgoing.once("close", resolve));
        try {
          for (let chunk = this.next(); chunk !== undefined; chunk = this.next()) {
            const taken = new Promise<void>((resolve) => outgoing.once("drain", resolve));
            if (!outgoing.write(chunk)) await Promise.race([taken, closed]);
            if (outgoing.destroyed) break;
          }
          outgoing.end();
        } catch {
          outgoing.destroy();
        }
        this.isGivenBack = true;
      },
      cancel: async (): Promise<void> => {
        this.isGivenBack = true;
      },
    };
  }
}

const FORMS = ["asStream", "asPourable"] as const;

test.for(FORMS)("a body %s arrives whole, and the connection goes on", async (form) => {
  const port = await serve(async () => {
    const headers = { "content-length": String(3 * CHUNK_BYTES) };
    return new Response(new Source(3)[form](), { headers });
  });
  const client = dial(port);
  for (let round = 0; round < 2; round += 1) {
    await client.send(requestHead("GET", "/"));
    const answer = await client.answer();
    expect(answer.length - answer.indexOf("\r\n\r\n") - 4).toBe(3 * CHUNK_BYTES);
  }
});

test.for(
  FORMS.flatMap((form) => [
    { form, what: "breaks", source: () => new Source(3, 1) },
    { form, what: "is short", source: () => new Source(2) },
    { form, what: "is long", source: () => new Source(4) },
  ]),
)("a body $form that $what breaks the connection", async ({ form, source }) => {
  const sizeBytes = 3 * CHUNK_BYTES;
  const port = await serve(async () => {
    return new Response(source()[form](), { headers: { "content-length": String(sizeBytes) } });
  });
  const client = dial(port);
  await client.send(requestHead("GET", "/"));
  const answer = await client.everything();
  expect(answer.length - answer.indexOf("\r\n\r\n") - 4).toBeLessThanOrEqual(sizeBytes);
  expect(answer).not.toMatch(/connection: close/i);
});

test.for(FORMS)(
  "a body %s waits for its client to read, and is given back when that hangs up",
  async (form) => {
    const source = new Source(MANY_CHUNKS);
    const port = await serve(async () => {
      const headers = { "content-length": String(MANY_CHUNKS * CHUNK_BYTES) };
      return new Response(source[form](), { headers });
    });
    const client = dial(port);
    client.stopReading();
    await client.send(requestHead("GET", "/"));
    let earlier = -1;
    await expect
      .poll(
        () => {
          const isSame = source.count === earlier;
          earlier = source.count;
          return isSame && source.count > 0;
        },
        { interval: 100 },
      )
      .toBe(true);
    expect(source.count).toBeLessThan(MANY_CHUNKS / 2);
    expect(source.isGivenBack).toBe(false);
    client.close();
    await expect.poll(() => source.isGivenBack).toBe(true);
  },
);

test("a client that takes nothing of its answer for too long is cut off", async () => {
  const source = new Source(MANY_CHUNKS);
  const port = await serve(async () => new Response(source.asPourable()), { stallMs: 300 });
  const client = dial(port);
  client.stopReading();
  await client.send(requestHead("GET", "/"));
  await expect.poll(() => source.isGivenBack, { timeout: 5000 }).toBe(true);
  expect(source.count).toBeLessThan(MANY_CHUNKS);
});

test("an answer that takes longer than a client may stall is waited for", async () => {
  const port = await serve(
    async () => {
      await new Promise((resolve) => setTimeout(resolve, 250));
      return new Response("late");
    },
    { stallMs: 50 },
  );
  const client = dial(port);
  await client.send(requestHead("GET", "/"));
  expect(await client.answer()).toMatch(/late$/);
});

test.for(FORMS)("a body %s of an answer to HEAD is given back unread", async (form) => {
  const source = new Source(3);
  const port = await serve(async () => new Response(source[form]()));
  const client = dial(port);
  await client.send(requestHead("HEAD", "/"));
  await client.answer();
  await expect.poll(() => source.isGivenBack).toBe(true);
});
