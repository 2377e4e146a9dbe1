import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LedgeProcess, startLedge } from "../support/ledge-process.ts";
import { sampleOf } from "../support/prometheus.ts";
import { sdkClient, uniqueBucket } from "../support/sdk.ts";

const TOKEN = "a-token-of-this-test";

let ledge: LedgeProcess;
beforeAll(async () => {
  ledge = await startLedge({ env: { METRICS_TOKEN: TOKEN } });
});
afterAll(() => ledge.stop());

async function scrape(): Promise<string> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const response = await fetch(`${ledge.endpoint}/_ledge/metrics`, { headers });
  expect(response.status).toBe(200);
  return response.text();
}

test("a local server counts its requests, their errors, and their bytes", async () => {
  const s3 = sdkClient(ledge);
  const Bucket = await uniqueBucket(s3);
  const before = await scrape();
  const Body = "x".repeat(100_000);
  for (const Key of ["a", "b"]) await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: "a" }));
  await got.Body?.transformToByteArray();
  await s3.send(new GetObjectCommand({ Bucket, Key: "none" })).catch(() => undefined);
  const after = await scrape();
  const rise = (sample: string): number =>
    (sampleOf(after, sample) ?? 0) - (sampleOf(before, sample) ?? 0);
  expect(rise('ledge_s3_requests_total{operation="PutObject",status="200"}')).toBe(2);
  expect(rise('ledge_s3_requests_total{operation="GetObject",status="200"}')).toBe(1);
  expect(rise('ledge_s3_errors_total{operation="GetObject",code="NoSuchKey"}')).toBe(1);
  expect(rise('ledge_s3_request_duration_seconds_count{operation="GetObject"}')).toBe(2);
  expect(rise("ledge_s3_bytes_received_total")).toBeGreaterThanOrEqual(200_000);
  expect(rise("ledge_s3_bytes_received_total")).toBeLessThan(201_000);
  expect(rise("ledge_s3_bytes_sent_total")).toBeGreaterThanOrEqual(100_000);
});
