import { expect, test } from "vitest";
import {
  checkWriteConditions,
  NO_CONDITIONS,
  parseRemovalConditions,
  parseWriteConditions,
} from "../../../src/protocol/write-conditions.ts";

const OBJECT = {
  etag: "abc",
  sizeBytes: 5,
  lastModifiedMs: Date.UTC(2026, 10, 23, 5, 0, 0, 789),
  sequence: 7,
};

test("a write without conditions allocates none", () => {
  expect(parseWriteConditions(new Headers())).toBe(NO_CONDITIONS);
});

test("conditions of a write are read without their quotes", () => {
  expect(parseWriteConditions(new Headers({ "If-Match": '"abc"' }))).toEqual({
    ...NO_CONDITIONS,
    ifMatch: "abc",
  });
  expect(parseRemovalConditions(new Headers({ "If-Match": "*" }))).toEqual({
    ...NO_CONDITIONS,
    ifMatch: "*",
  });
  expect(parseWriteConditions(new Headers({ "If-None-Match": "*" }))).toEqual({
    ...NO_CONDITIONS,
    ifNoneMatch: "*",
  });
  const ofDelete = new Headers({
    "x-amz-if-match-size": "5",
    "x-amz-if-match-last-modified-time": "Mon, 23 Nov 2026 05:00:00 GMT",
  });
  expect(parseRemovalConditions(ofDelete)).toEqual({
    ...NO_CONDITIONS,
    ifMatchSizeBytes: 5,
    ifMatchLastModifiedSeconds: Date.UTC(2026, 10, 23, 5) / 1000,
  });
});

test.for([
  {
    headers: { "If-None-Match": "*", "If-Match": '"abc"' },
    error: { code: "NotImplemented", fields: { Header: "If-Match,If-None-Match" } },
  },
  {
    headers: { "If-Match": "*" },
    error: { code: "NotImplemented", fields: { Header: "If-Match" } },
  },
  {
    headers: { "If-None-Match": '"abc"' },
    error: { code: "NotImplemented", fields: { Header: "If-None-Match" } },
  },
  { headers: { "x-amz-if-match-size": "-1" }, error: { code: "InvalidArgument" } },
  { headers: { "x-amz-if-match-size": "" }, error: { code: "InvalidArgument" } },
  { headers: { "x-amz-if-match-last-modified-time": "now" }, error: { code: "InvalidArgument" } },
])("a write with $headers is $error.code", ({ headers, error }) => {
  const parse = () => parseWriteConditions(new Headers(Object.entries(headers)));
  expect(parse).toThrow(expect.objectContaining({ code: error.code }));
  if ("fields" in error)
    expect(parse).toThrow(
      expect.objectContaining({ fields: expect.objectContaining(error.fields) }),
    );
});

const SECONDS = Math.floor(OBJECT.lastModifiedMs / 1000);
test.for([
  { conditions: {}, existing: OBJECT, outcome: "ok" },
  { conditions: {}, existing: undefined, outcome: "ok" },
  { conditions: { ifMatch: "abc" }, existing: OBJECT, outcome: "ok" },
  { conditions: { ifMatch: "*" }, existing: OBJECT, outcome: "ok" },
  { conditions: { ifMatch: "x" }, existing: OBJECT, outcome: "If-Match" },
  { conditions: { ifMatch: "abc" }, existing: undefined, outcome: "NoSuchKey" },
  { conditions: { ifMatch: "*" }, existing: undefined, outcome: "NoSuchKey" },
  { conditions: { ifNoneMatch: "*" as const }, existing: OBJECT, outcome: "If-None-Match" },
  { conditions: { ifNoneMatch: "*" as const }, existing: undefined, outcome: "ok" },
  { conditions: { ifNoneMatch: "abc" }, existing: OBJECT, outcome: "If-None-Match" },
  { conditions: { ifNoneMatch: "other" }, existing: OBJECT, outcome: "ok" },
  { conditions: { ifNoneMatch: "abc" }, existing: undefined, outcome: "ok" },
  { conditions: { ifMatchSizeBytes: 5 }, existing: OBJECT, outcome: "ok" },
  { conditions: { ifMatchSizeBytes: 0 }, existing: OBJECT, outcome: "x-amz-if-match-size" },
  { conditions: { ifMatchSizeBytes: 5 }, existing: undefined, outcome: "ok" },
  { conditions: { ifMatchLastModifiedSeconds: SECONDS }, existing: OBJECT, outcome: "ok" },
  {
    conditions: { ifMatchLastModifiedSeconds: SECONDS + 1 },
    existing: OBJECT,
    outcome: "x-amz-if-match-last-modified-time",
  },
  {
    conditions: { ifMatch: "abc", ifMatchSizeBytes: 6 },
    existing: OBJECT,
    outcome: "x-amz-if-match-size",
  },
])("a write under $conditions over $existing is $outcome", ({ conditions, existing, outcome }) => {
  const refusal = checkWriteConditions({ ...NO_CONDITIONS, ...conditions }, existing);
  const named = refusal?.reason === "PreconditionFailed" ? refusal.condition : refusal?.reason;
  expect(named ?? "ok").toBe(outcome);
});
