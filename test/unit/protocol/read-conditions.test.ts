import { afterAll, beforeAll, expect, test, vi } from "vitest";
import {
  checkDestinationDates,
  checkSourceConditions,
  evaluateRead,
  isRangeCurrent,
} from "../../../src/protocol/read-conditions.ts";

const OBJECT = {
  etag: "abc",
  sizeBytes: 5,
  lastModifiedMs: Date.UTC(2026, 10, 23, 5, 0, 0, 789),
  sequence: 7,
};
const BEFORE = "Mon, 23 Nov 2026 04:59:59 GMT";
const SAME = "Mon, 23 Nov 2026 05:00:00 GMT";
const AFTER = "Mon, 23 Nov 2026 05:00:01 GMT";
const FUTURE = "Mon, 23 Nov 2026 05:00:03 GMT";

beforeAll(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 23, 5, 0, 2) });
});
afterAll(() => {
  vi.useRealTimers();
});

test.for([
  { headers: {}, outcome: "proceed", because: "there is no condition" },
  { headers: { "If-Match": '"abc"' }, outcome: "proceed", because: "the ETag matches" },
  {
    headers: { "If-Match": "abc" },
    outcome: "proceed",
    because: "the ETag matches without quotes",
  },
  { headers: { "If-Match": 'W/"abc"' }, outcome: "proceed", because: "the ETag matches weakly" },
  { headers: { "If-Match": "*" }, outcome: "proceed", because: "any ETag matches" },
  {
    headers: { "If-Match": '"x", "abc"' },
    outcome: "proceed",
    because: "one ETag of the list matches",
  },
  { headers: { "If-Match": '"x"' }, outcome: "If-Match", because: "the ETag does not match" },
  { headers: { "If-Match": "" }, outcome: "If-Match", because: "no ETag is given to match" },
  {
    headers: { "If-Unmodified-Since": BEFORE },
    outcome: "If-Unmodified-Since",
    because: "it was modified since",
  },
  {
    headers: { "If-Unmodified-Since": SAME },
    outcome: "proceed",
    because: "it was modified within that second",
  },
  {
    headers: { "If-Unmodified-Since": AFTER },
    outcome: "proceed",
    because: "it was not modified since",
  },
  {
    headers: { "If-Unmodified-Since": "soon" },
    outcome: "proceed",
    because: "no date, no condition",
  },
  {
    headers: { "If-Match": '"abc"', "If-Unmodified-Since": BEFORE },
    outcome: "proceed",
    because: "If-Match overrules If-Unmodified-Since",
  },
  {
    headers: { "If-Match": '"x"', "If-Unmodified-Since": AFTER },
    outcome: "If-Match",
    because: "If-Match fails first",
  },
  {
    headers: { "If-None-Match": '"abc"' },
    outcome: "not-modified",
    because: "the ETag is the known one",
  },
  {
    headers: { "If-None-Match": 'W/"abc"' },
    outcome: "not-modified",
    because: "the ETag is the known one, weakly",
  },
  { headers: { "If-None-Match": "*" }, outcome: "not-modified", because: "any ETag is known" },
  { headers: { "If-None-Match": '"x","y"' }, outcome: "proceed", because: "no known ETag" },
  {
    headers: { "If-Modified-Since": BEFORE },
    outcome: "proceed",
    because: "it was modified since",
  },
  {
    headers: { "If-Modified-Since": SAME },
    outcome: "not-modified",
    because: "it was modified within that second",
  },
  {
    headers: { "If-Modified-Since": AFTER },
    outcome: "not-modified",
    because: "it was not modified since",
  },
  {
    headers: { "If-Modified-Since": FUTURE },
    outcome: "proceed",
    because: "nothing is known of the future",
  },
  {
    headers: { "If-Modified-Since": "2026-11-24" },
    outcome: "proceed",
    because: "no date, no condition",
  },
  {
    headers: { "If-None-Match": '"abc"', "If-Modified-Since": BEFORE },
    outcome: "not-modified",
    because: "If-None-Match overrules If-Modified-Since that is true",
  },
  {
    headers: { "If-None-Match": '"x"', "If-Modified-Since": AFTER },
    outcome: "proceed",
    because: "If-None-Match overrules If-Modified-Since that is false",
  },
  {
    headers: { "If-Match": '"x"', "If-None-Match": '"abc"' },
    outcome: "If-Match",
    because: "412 comes before 304",
  },
  {
    headers: { "If-Unmodified-Since": BEFORE, "If-Modified-Since": AFTER },
    outcome: "If-Unmodified-Since",
    because: "412 comes before 304 for dates too",
  },
])("a read is $outcome: $because", ({ headers, outcome }) => {
  const evaluate = () => evaluateRead(new Headers(Object.entries(headers)), OBJECT);
  if (outcome === "proceed" || outcome === "not-modified") expect(evaluate()).toBe(outcome);
  else
    expect(thrownBy(evaluate)).toMatchObject({
      code: "PreconditionFailed",
      fields: { Condition: outcome },
    });
});

test.for([
  { validator: undefined, isCurrent: true, because: "nobody asks" },
  { validator: '"abc"', isCurrent: true, because: "it has the ETag" },
  { validator: "abc", isCurrent: true, because: "it has the ETag, without quotes" },
  { validator: '"ABC"', isCurrent: false, because: "it has another ETag" },
  { validator: 'W/"abc"', isCurrent: false, because: "a weak ETag vouches for no byte" },
  { validator: '"abc", "x"', isCurrent: false, because: "a list is no ETag" },
  { validator: "*", isCurrent: false, because: "any is none in particular" },
  { validator: "", isCurrent: false, because: "nothing is no ETag" },
  { validator: SAME, isCurrent: true, because: "it has the date" },
  {
    validator: "Monday, 23-Nov-26 05:00:00 GMT",
    isCurrent: true,
    because: "it has the date in another form",
  },
  { validator: BEFORE, isCurrent: false, because: "it was modified since" },
  { validator: AFTER, isCurrent: false, because: "the date is not its own" },
  { validator: "2026-11-23", isCurrent: false, because: "neither date nor ETag" },
])("a range with If-Range $validator is current ($isCurrent): $because", (given) => {
  const headers = new Headers(given.validator === undefined ? {} : { "If-Range": given.validator });
  expect(isRangeCurrent(headers, OBJECT)).toBe(given.isCurrent);
});

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

const ALL_FAIL = {
  "If-Match": '"x"',
  "If-Unmodified-Since": BEFORE,
  "If-None-Match": '"abc"',
  "If-Modified-Since": SAME,
};

test.for([
  { given: ["If-Match", "If-Unmodified-Since", "If-None-Match", "If-Modified-Since"] },
  { given: ["If-Unmodified-Since", "If-None-Match", "If-Modified-Since"] },
  { given: ["If-None-Match", "If-Modified-Since"] },
  { given: ["If-Modified-Since"] },
] as const)("of the source's conditions $given the first is named", ({ given }) => {
  const [first] = given;
  for (const prefix of ["x-amz-copy-source-", "x-amz-rename-source-"] as const) {
    const headers = new Headers(given.map((name) => [`${prefix}${name}`, ALL_FAIL[name]]));
    expect(() => checkSourceConditions(headers, prefix, OBJECT)).toThrow(
      expect.objectContaining({
        code: "PreconditionFailed",
        fields: { Condition: `${prefix}${first}` },
      }),
    );
  }
});

test.for([
  { "if-match": "abc", "if-unmodified-since": BEFORE },
  { "if-match": '"abc"', "if-none-match": "x", "if-modified-since": SAME },
  { "if-none-match": '"x"', "if-modified-since": AFTER },
  { "if-modified-since": BEFORE, "if-unmodified-since": AFTER },
  { "if-modified-since": FUTURE },
  { "if-match": "*" },
])("a source may be copied under %o", (conditions) => {
  const headers = new Headers(
    Object.entries(conditions).map(([name, value]) => [`x-amz-copy-source-${name}`, value]),
  );
  expect(() => checkSourceConditions(headers, "x-amz-copy-source-", OBJECT)).not.toThrow();
});

test("conditions of GetObject are none of a copy's source", () => {
  const headers = new Headers(ALL_FAIL);
  expect(() => checkSourceConditions(headers, "x-amz-copy-source-", OBJECT)).not.toThrow();
});

test.for([
  { headers: { "If-Modified-Since": BEFORE }, existing: OBJECT, failed: undefined },
  { headers: { "If-Modified-Since": AFTER }, existing: OBJECT, failed: "If-Modified-Since" },
  { headers: { "If-Modified-Since": BEFORE }, existing: undefined, failed: "If-Modified-Since" },
  { headers: { "If-Unmodified-Since": AFTER }, existing: OBJECT, failed: undefined },
  { headers: { "If-Unmodified-Since": BEFORE }, existing: OBJECT, failed: "If-Unmodified-Since" },
  { headers: { "If-Unmodified-Since": BEFORE }, existing: undefined, failed: undefined },
])("what has the new name, under $headers, fails $failed", ({ headers, existing, failed }) => {
  const check = () => checkDestinationDates(new Headers({ ...headers }), existing);
  if (failed === undefined) check();
  else expect(thrownBy(check)).toMatchObject({ fields: { Condition: failed } });
});
