import { once } from "node:events";
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type LedgeProcess, startLedge } from "../support/ledge-process.ts";
import { sampleOf } from "../support/prometheus.ts";
import { sdkClient, uniqueBucket } from "../support/sdk.ts";

// On workerd, and on Cloudflare, only the runtime knows.

const TOKEN = "a-token-of-this-test";

let ledge: LedgeProcess;
beforeAll(async () => {
  ledge = await startLedge({ env: { METRICS_TOKEN: TOKEN } });
});
afterAll(() => ledge.stop());

async function scrape(): Promise<string> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  return (await fetch(`${ledge.endpoint}/_ledge/metrics`, { headers })).text();
}

test("of an answer whose client hangs up, what it was given counts, and not what was announced", async () => {
  const s3 = sdkClient(ledge);
  const Bucket = await uniqueBucket(s3);
  const Body = new Uint8Array(64 * 1024 * 1024);
  await s3.send(new PutObjectCommand({ Bucket, Key: "large", Body }));
  const before = await scrape();
  const requests = 'ledge_s3_requests_total{operation="GetObject",status="200"}';
  const { Body: body } = await s3.send(new GetObjectCommand({ Bucket, Key: "large" }));
  const stream = body as unknown as NodeJS.ReadableStream & { destroy(): void };
  await once(stream, "readable");
  stream.destroy();
  const after = await vi.waitFor(async () => {
    const now = await scrape();
    expect(sampleOf(now, requests) ?? 0).toBe((sampleOf(before, requests) ?? 0) + 1);
    return now;
  });
  const sent = "ledge_s3_bytes_sent_total";
  const rise = (sampleOf(after, sent) ?? 0) - (sampleOf(before, sent) ?? 0);
  expect(rise).toBeGreaterThan(0);
  expect(rise).toBeLessThan(Body.byteLength / 2);
});
