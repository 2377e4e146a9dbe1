import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { afterEach, describe, expect, test, vi } from "vitest";
import { app } from "../../src/http/app.ts";
import { signRequest, uniqueBucket } from "../support/client.ts";
import { faultyEnv } from "../support/faults.ts";
import { RecordedTracing } from "../support/recorded-tracing.ts";

async function answered(
  environment: Cloudflare.Env,
  request: Request,
  tracing?: RecordedTracing,
): Promise<Response> {
  const context = createExecutionContext();
  const traced = new Proxy(context, {
    get(original, name) {
      if (name === "tracing") return tracing;
      const value: unknown = Reflect.get(original, name);
      return typeof value === "function" ? value.bind(original) : value;
    },
  });
  const response = await app.fetch(request, environment, traced);
  await response.arrayBuffer();
  await waitOnExecutionContext(context);
  return response;
}

describe("the trace of a request", () => {
  const BLOB = "x".repeat(20_000);

  test.for([
    { method: "PUT", body: "inline", spans: ["authenticate", "authorize", "index.commit"] },
    {
      method: "PUT",
      body: BLOB,
      spans: ["authenticate", "authorize", "blob.write", "index.commit"],
    },
    { method: "GET", spans: ["authenticate", "authorize", "index.readContent"] },
    { method: "DELETE", spans: ["authenticate", "authorize", "index.remove"] },
  ])("has spans of what its time goes to: $method", async ({ method, body, spans }) => {
    const bucket = await uniqueBucket();
    const tracing = new RecordedTracing();
    const request = await signRequest(
      method,
      `/${bucket}/secret-key`,
      body === undefined ? {} : { body },
    );
    await answered(faultyEnv({}), request, tracing);
    expect(tracing.names).toEqual(spans);
    const [told] = tracing.attributes;
    expect(told).toMatchObject({ "s3.bucket": bucket });
    expect(JSON.stringify(tracing)).not.toContain("secret-key");
  });

  test("is not missed where there is none", async () => {
    const bucket = await uniqueBucket();
    const request = await signRequest("PUT", `/${bucket}/k`, { body: "x" });
    expect((await answered(faultyEnv({}), request)).status).toBe(200);
  });

  test("ends with the failure that ends the request", async () => {
    const bucket = await uniqueBucket();
    const tracing = new RecordedTracing();
    const request = await signRequest("GET", `/${bucket}/none`);
    expect((await answered(faultyEnv({}), request, tracing)).status).toBe(404);
    expect(tracing.attributes).toEqual([
      { "s3.operation": "GetObject", "s3.bucket": bucket, "s3.code": "NoSuchKey" },
    ]);
  });
});

describe("the data point of a request", () => {
  test("is one, with its figures, and without key and query", async () => {
    const bucket = await uniqueBucket();
    const points: AnalyticsEngineDataPoint[] = [];
    const environment = faultyEnv({
      ANALYTICS: { writeDataPoint: (point: AnalyticsEngineDataPoint) => points.push(point) },
    } as Partial<Cloudflare.Env>);
    const request = await signRequest("PUT", `/${bucket}/secret-key`, {
      body: "12345",
      headers: { "user-agent": "a client" },
    });
    await answered(environment, request);
    expect(points).toEqual([
      {
        indexes: [bucket],
        blobs: [
          "PutObject",
          "",
          bucket,
          "arn:aws:iam::000000000000:root",
          "PUT",
          "a client",
          expect.any(String),
          "",
          "",
        ],
        doubles: [expect.any(Number), 5, 0, 200],
      },
    ]);
    await answered(environment, await signRequest("GET", `/${bucket}/none`));
    expect(points[1]?.blobs?.slice(0, 2)).toEqual(["GetObject", "NoSuchKey"]);
    expect(points[1]?.doubles?.[3]).toBe(404);
    expect(JSON.stringify(points)).not.toContain("secret-key");
  });
});

test("a data point that cannot be written costs nobody an answer", async () => {
  const bucket = await uniqueBucket();
  const complaints = vi.spyOn(console, "error").mockReturnValue();
  const writeDataPoint = () => {
    throw new Error("the dataset is gone");
  };
  const environment = faultyEnv({ ANALYTICS: { writeDataPoint } } as Partial<Cloudflare.Env>);
  const response = await answered(environment, await signRequest("GET", `/${bucket}`));
  expect(response.status).toBe(200);
  expect(String(complaints.mock.calls)).toContain("the dataset is gone");
  complaints.mockRestore();
});

describe("the line of a request", () => {
  afterEach(() => vi.restoreAllMocks());

  async function lineOf(request: Request, settings: Partial<Cloudflare.Env> = {}) {
    const lines: unknown[] = [];
    vi.spyOn(console, "log").mockImplementation((line: unknown) => lines.push(line));
    await answered(faultyEnv({ LOG_REQUESTS: "true", ...settings }), request);
    return JSON.parse(String(lines.at(-1))) as Readonly<Record<string, unknown>>;
  }

  test("tells how long the answer took from when the body was there, and what of it came", async () => {
    const bucket = await uniqueBucket();
    const { readable, writable } = new FixedLengthStream(5);
    const send = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      const writer = writable.getWriter();
      await writer.write(new TextEncoder().encode("12345"));
      await writer.close();
    };
    const headers = { "content-length": "5" };
    const request = await signRequest("PUT", `/${bucket}/k`, { body: readable, headers });
    const [line] = await Promise.all([lineOf(request), send()]);
    expect(line).toMatchObject({ status: 200, bytesIn: 5, bytesOut: 0 });
    expect(line["durationMs"]).toBeGreaterThanOrEqual(29);
    expect(line["turnaroundMs"]).toBeLessThan(Number(line["durationMs"]) - 20);
    // Of what is refused nothing was read, whatever it has announced.
    const body = "x".repeat(1000);
    const refused = await lineOf(await signRequest("PUT", "/no-such-bucket/k", { body }));
    expect(refused).toMatchObject({ status: 404, bytesIn: 0 });
    expect(refused).not.toHaveProperty("turnaroundMs");
    expect(await lineOf(await signRequest("GET", `/${bucket}/k`))).toMatchObject({
      bytesOut: 5,
      turnaroundMs: expect.any(Number),
    });
  });

  test("says who made it", async () => {
    const bucket = await uniqueBucket();
    expect(await lineOf(await signRequest("GET", `/${bucket}/k`))).toMatchObject({
      requester: "arn:aws:iam::000000000000:root",
    });
    const stranger = new Request(`http://127.0.0.1:8787/${bucket}/k`);
    expect(await lineOf(stranger)).toMatchObject({ requester: "anonymous", code: "AccessDenied" });
    const wrong = await signRequest("GET", `/${bucket}/k`);
    wrong.headers.set("x-amz-date", "20200101T000000Z");
    expect(await lineOf(wrong)).not.toHaveProperty("requester");
  });

  test.for([
    { LOG_KEYS: "plain", has: { key: "a key" } },
    { LOG_KEYS: "hash", has: { keyHash: "8fa3aab2faa9b79e" } },
    { LOG_KEYS: "none", has: {} },
  ])("has of the key what LOG_KEYS says: $LOG_KEYS", async ({ LOG_KEYS, has }) => {
    const bucket = await uniqueBucket();
    const line = await lineOf(await signRequest("GET", `/${bucket}/a%20key`), {
      LOG_KEYS,
    });
    const { key, keyHash } = line;
    expect(JSON.parse(JSON.stringify({ key, keyHash }))).toEqual(has);
  });
});
