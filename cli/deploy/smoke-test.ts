import { setTimeout } from "node:timers/promises";
import { AwsClient } from "aws4fetch";
import { messageOf, UserError } from "../user-error.ts";

/** What is to be tried. */
export interface Target {
  /** e.g. `https://s3.example.com` */
  readonly endpoint: string;
  readonly region: string;
  /** Undefined: only what needs none is tried, as after an update of a deployment whose keys are elsewhere. */
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
}

export interface Step {
  readonly name: string;
  readonly durationMs: number;
}

/** A new host's certificate, or a Worker's way to all places, takes that long. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 1000;
const REQUEST_TIMEOUT_MS = 20_000;

const BODY = "Ledge was here.";
const KEY = "a folder/smoke+test ü.txt";

/**
 * Does with a deployment what its clients will do, in a bucket of its own that is gone afterwards.
 *
 * @returns how long each step took
 * @throws UserError naming the step that went wrong, and how
 */
export async function smokeTest(target: Target, patienceMs = PATIENCE_MS): Promise<Step[]> {
  const done: Step[] = [];
  const step = async (name: string, act: () => Promise<void>): Promise<void> => {
    const beganMs = performance.now();
    try {
      await act();
    } catch (error) {
      throw new UserError(`${name}: ${messageOf(error)}`);
    }
    done.push({ name, durationMs: Math.round(performance.now() - beganMs) });
  };
  const { endpoint, keys } = target;
  await step("It answers", () => untilHealthy(endpoint, patienceMs));
  await step("A request without a signature is refused", async () => {
    // As long as another version answers somewhere, its refusal may be another.
    await expectStatus(await send(endpoint, "GET", "/"), 403);
  });
  if (keys !== undefined) await tryWithKeys(target, keys, step);
  return done;
}

async function untilHealthy(endpoint: string, patienceMs: number): Promise<void> {
  const untilMs = Date.now() + patienceMs;
  for (;;) {
    try {
      return await expectStatus(await send(endpoint, "GET", "/_ledge/health"), 200);
    } catch (error) {
      if (Date.now() >= untilMs) throw error;
      await setTimeout(Math.min(PAUSE_MS, patienceMs));
    }
  }
}

async function tryWithKeys(
  { endpoint, region }: Target,
  keys: NonNullable<Target["keys"]>,
  step: (name: string, act: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const client = new AwsClient({ ...keys, service: "s3", region, retries: 0 });
  const bucket = `ledge-smoke-test-${crypto.randomUUID().slice(0, 13)}`;
  const object = `/${bucket}/${KEY.split("/").map(encodeURIComponent).join("/")}`;
  const signed = async (
    method: string,
    path: string,
    headers: Readonly<Record<string, string>> = {},
    body?: string,
  ): Promise<Response> => {
    const request = await client.sign(endpoint + path, {
      method,
      headers: { ...headers },
      ...(body !== undefined && { body }),
    });
    return fetch(request, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
  };
  await step("CreateBucket", async () => expectStatus(await signed("PUT", `/${bucket}`), 200));
  try {
    await step("PutObject", async () => expectStatus(await signed("PUT", object, {}, BODY), 200));
    await step("GetObject", async () => expectBody(await signed("GET", object), 200, BODY));
    await step("GetObject, a range", async () =>
      expectBody(await signed("GET", object, { range: "bytes=6-8" }), 206, BODY.slice(6, 9)),
    );
    await step("ListObjectsV2", async () => {
      const listing = await signed("GET", `/${bucket}?list-type=2&prefix=a`);
      const text = await expectText(listing, 200);
      if (!text.includes(`<Key>${KEY}</Key>`)) throw new Error("the object is not listed");
    });
    await step("PutObject, only if there is none", async () =>
      expectStatus(await signed("PUT", object, { "if-none-match": "*" }, BODY), 412),
    );
    await step("DeleteObject", async () => expectStatus(await signed("DELETE", object), 204));
  } catch (error) {
    // What can be, is left as it was found; the failure itself is told.
    await signed("DELETE", object).catch(() => undefined);
    await signed("DELETE", `/${bucket}`).catch(() => undefined);
    throw error;
  }
  await step("DeleteBucket", async () => expectStatus(await signed("DELETE", `/${bucket}`), 204));
}

function send(endpoint: string, method: string, path: string): Promise<Response> {
  return fetch(endpoint + path, { method, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
}

async function expectStatus(response: Response, status: number): Promise<void> {
  await expectText(response, status);
}

async function expectBody(response: Response, status: number, body: string): Promise<void> {
  const text = await expectText(response, status);
  if (text !== body) throw new Error(`the body is ${JSON.stringify(text.slice(0, 100))}`);
}

async function expectText(response: Response, status: number): Promise<string> {
  const text = await response.text();
  if (response.status === status) return text;
  const [, message = text.slice(0, 200)] = /<Message>(.*?)<\/Message>/s.exec(text) ?? [];
  throw new Error(`the answer was ${response.status}, not ${status}. ${message}`);
}
