import { expect, onTestFinished, test } from "vitest";
import { Background } from "../../local/background.ts";
import { DurableObject, WorkerEntrypoint } from "../../local/cloudflare-workers.ts";
import { Namespace } from "../../local/durable-objects/namespace.ts";
import { type Exports, entrypointsOf } from "../../local/entrypoints.ts";
import { temporaryFolder } from "../support/local-objects.ts";

interface Env {
  readonly name: string;
  readonly rung?: (answer: unknown) => void;
}

const kept: unknown[] = [];

class Greeter extends WorkerEntrypoint<Env> {
  #calls = 0;

  greet(given: { readonly words: readonly string[] }): { text: string; calls: number } {
    kept.push(given);
    this.#calls += 1;
    return { text: `${this.env.name}: ${given.words.join(" ")}`, calls: this.#calls };
  }

  async fail(): Promise<never> {
    throw new RangeError("not today");
  }

  stream(): ReadableStream {
    return new ReadableStream();
  }

  later(promise: Promise<unknown>): void {
    this.ctx.waitUntil(promise);
  }

  fetch(request: { readonly url: string }): { readonly of: object } {
    return { of: request };
  }
}

interface GreeterStub {
  greet(given: object): Promise<{ text: string; calls: number }>;
  fail(): Promise<never>;
  stream(): Promise<unknown>;
  fetch(request: object | string, init?: object): Promise<{ readonly of: object }>;
}

class Caller extends DurableObject<Env> {
  wake(): void {
    void this.ctx.storage.setAlarm(Date.now());
  }

  async alarm(): Promise<void> {
    const { Greeter: greeter } = this.ctx.exports as unknown as { Greeter: GreeterStub };
    this.env.rung?.(await greeter.greet({ words: ["from", "an alarm"] }));
  }
}

const WORKER = { default: { fetch: () => undefined }, Greeter, Caller, aFunction: () => 1 };

function exportsOf(env: Env): Exports {
  return new Background((context) => entrypointsOf(WORKER, env, context)).exports;
}

function greeterOf(env: Env): GreeterStub {
  return exportsOf(env)["Greeter"] as GreeterStub;
}

test("only entrypoints are in ctx.exports", () => {
  expect(Object.keys(exportsOf({ name: "a" }))).toEqual(["Greeter"]);
});

test("each call of an entrypoint has an instance of its own, and copies of what it is given", async () => {
  const greeter = greeterOf({ name: "b" });
  const given = { words: ["hello"] };
  expect(await greeter.greet(given)).toEqual({ text: "b: hello", calls: 1 });
  expect(await greeter.greet(given)).toEqual({ text: "b: hello", calls: 1 });
  expect(kept.at(-1)).toEqual(given);
  expect(kept.at(-1)).not.toBe(given);
});

test("an error loses its class on its way out of an entrypoint, and a stream does not cross", async () => {
  const greeter = greeterOf({ name: "c" });
  const failure = await greeter.fail().catch((error: unknown) => error);
  expect(failure).toMatchObject({ message: "RangeError: not today", remote: true });
  expect(failure).not.toBeInstanceOf(RangeError);
  await expect(greeter.stream()).rejects.toThrow("DataCloneError");
});

test("fetch passes its request and its answer on as they are", async () => {
  const request = { url: "https://example.com/" };
  expect((await greeterOf({ name: "d" }).fetch(request)).of).toBe(request);
});

test("fetch makes a request of a URL and what is asked of it", async () => {
  const init = { method: "HEAD", headers: { range: "bytes=0-1" }, cf: { cacheKey: "k" } };
  const { of: made } = await greeterOf({ name: "d" }).fetch("https://example.com/a/../b", init);
  expect(made).toMatchObject({ url: "https://example.com/a/../b", method: "HEAD", body: null });
  const { headers } = made as { readonly headers: Headers };
  expect(headers.get("Range")).toBe("bytes=0-1");
});

test("what an entrypoint lets go on, its server waits for", async () => {
  const background = new Background((context) => entrypointsOf(WORKER, { name: "e" }, context));
  let isDone = false;
  // In one process nothing has to be copied to wait for it.
  new Greeter(background as unknown as ExecutionContext, { name: "e" }).later(
    new Promise<void>((resolve) => setImmediate(resolve)).then(() => (isDone = true)),
  );
  await background.settled();
  expect(isDone).toBe(true);
});

test("a Durable Object calls an entrypoint from its alarm", async () => {
  const { promise, resolve: rung } = Promise.withResolvers<unknown>();
  const env = { name: "f", rung };
  const folder = temporaryFolder();
  const exports = exportsOf(env);
  const namespace = new Namespace(Caller, { folder, uniqueKey: "callers", env, exports });
  onTestFinished(() => namespace.close());
  await namespace.getByName("one").wake();
  expect(await promise).toEqual({ text: "f: from an alarm", calls: 1 });
});
