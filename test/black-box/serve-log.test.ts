import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { requestLine } from "../../cli/output.ts";

test("a request is one line on a terminal: time, status, what was asked, how long and how much it took", () => {
  const timing = { time: "2026-11-26T08:09:10.123Z", durationMs: 7, bytesIn: 0, bytesOut: 224 };
  const event = { event: "request", method: "GET", operation: "GetObject", ...timing };
  const line = requestLine({
    ...event,
    bucket: "shelf",
    key: "a b",
    status: 404,
    code: "NoSuchKey",
  });
  expect(stripVTControlCharacters(line)).toMatch(
    /^\d\d:09:10 {2}404 {2}GET {4}\/shelf\/a b {2}7 ms {2}224 B out {2}GetObject {2}NoSuchKey$/,
  );
});

test("a key cannot steer the terminal", () => {
  const key = "\u001b[2Jgone\r\nGET /forged\u009b1m";
  const line = requestLine({ event: "request", method: "GET", bucket: "b", key, status: 200 });
  expect(stripVTControlCharacters(line)).toContain(
    String.raw`/b/\x1b[2Jgone\x0d\x0aGET /forged\x9b1m`,
  );
});
