import { expect, test } from "vitest";
import { RequestFigures } from "../../../../src/domain/metrics/request-figures.ts";
import { prometheusText } from "../../../../src/lib/prometheus.ts";
import { parsePrometheus } from "../../../support/prometheus.ts";

const REQUEST = {
  operation: "GetObject",
  status: 200,
  code: undefined,
  durationMs: 0.3,
  receivedBytes: 0,
  sentBytes: 10,
};

function textOf(figures: RequestFigures): string {
  return prometheusText(figures.families());
}

test("requests are counted by operation and status, errors by their code, and bytes both ways", () => {
  const figures = new RequestFigures();
  figures.record(REQUEST);
  figures.record({ ...REQUEST, sentBytes: 5 });
  figures.record({ ...REQUEST, status: 404, code: "NoSuchKey", sentBytes: 300 });
  figures.record({ ...REQUEST, operation: undefined, status: 403, code: "AccessDenied" });
  figures.record({ ...REQUEST, operation: "PutObject", receivedBytes: 7, sentBytes: 0 });
  const families = parsePrometheus(textOf(figures));
  expect(Object.fromEntries(families.get("ledge_s3_requests_total")?.samples ?? [])).toEqual({
    'ledge_s3_requests_total{operation="GetObject",status="200"}': 2,
    'ledge_s3_requests_total{operation="GetObject",status="404"}': 1,
    'ledge_s3_requests_total{operation="none",status="403"}': 1,
    'ledge_s3_requests_total{operation="PutObject",status="200"}': 1,
  });
  expect(Object.fromEntries(families.get("ledge_s3_errors_total")?.samples ?? [])).toEqual({
    'ledge_s3_errors_total{operation="GetObject",code="NoSuchKey"}': 1,
    'ledge_s3_errors_total{operation="none",code="AccessDenied"}': 1,
  });
  const bytes = (way: string) => families.get(`ledge_s3_bytes_${way}_total`)?.samples;
  expect([...(bytes("received") ?? [])]).toEqual([["ledge_s3_bytes_received_total", 7]]);
  expect([...(bytes("sent") ?? [])]).toEqual([["ledge_s3_bytes_sent_total", 325]]);
});

test("a histogram's buckets are cumulative, a bound is of its own bucket, and the longest are in +Inf", () => {
  const figures = new RequestFigures();
  const durations = [0, 0.5, 0.51, 30_000, 30_001, 1e9];
  for (const durationMs of durations) figures.record({ ...REQUEST, durationMs });
  const samples = parsePrometheus(textOf(figures)).get(
    "ledge_s3_request_duration_seconds",
  )?.samples;
  const name = "ledge_s3_request_duration_seconds";
  const bucket = (le: string) => samples?.get(`${name}_bucket{operation="GetObject",le="${le}"}`);
  expect([bucket("0.0005"), bucket("0.001"), bucket("30"), bucket("+Inf")]).toEqual([2, 3, 4, 6]);
  expect(samples?.get(`${name}_count{operation="GetObject"}`)).toBe(6);
  const sum = samples?.get(`${name}_sum{operation="GetObject"}`);
  expect(sum).toBeCloseTo(durations.reduce((a, b) => a + b) / 1000, 6);
});

test("a label's quotes, backslashes, and line ends are escaped", () => {
  const samples = [{ labels: { a: 'b"c\\d\ne' }, value: 1 }];
  const text = prometheusText([{ name: "m", help: "h\\\n", type: "gauge", samples }]);
  expect(text).toBe('# HELP m h\\\\\\n\n# TYPE m gauge\nm{a="b\\"c\\\\d\\ne"} 1\n');
  expect(parsePrometheus(text).get("m")?.samples.size).toBe(1);
});
