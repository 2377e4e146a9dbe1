import { expect, test } from "vitest";
import { sharedFreshnessSeconds } from "../../../src/lib/cache-control.ts";

const NOW_MS = Date.UTC(2026, 10, 26, 12, 0, 0);
const LATER = "Thu, 26 Nov 2026 12:00:30 GMT";

test.for<[cacheControl: string | null, expires: string | null, seconds: number | undefined]>([
  [null, null, undefined],
  ["", null, undefined],
  ["public", null, undefined],
  ["no-transform, immutable", null, undefined],
  ["max-age=60", null, 60],
  ["Max-Age = 60", null, 0],
  ['max-age="60"', null, 60],
  ["max-age=60, s-maxage=7", null, 7],
  ["s-maxage=0, max-age=60", null, 0],
  ["max-age=-1", null, 0],
  ["max-age=1.5", null, 0],
  ["max-age=", null, 0],
  ["max-age", null, 0],
  ["max-age=99999999999999999999", null, 0],
  ["max-age=1, max-age=2", null, 0],
  ["NO-STORE", null, 0],
  ["max-age=60,no-cache", null, 0],
  ['no-cache="set-cookie", max-age=60', null, 0],
  ['max-age=60, private="a,b"', null, 0],
  ["max-age=60; private", null, 0],
  ["max-age=60 private", null, 0],
  ["max-age=60,, ,public,", null, 60],
  ["=60", null, 0],
  ["max-age=60\u0000", null, 0],
  [null, LATER, 30],
  ["public", LATER, 30],
  ["max-age=5", LATER, 5],
  [null, "Thu, 26 Nov 2026 11:00:00 GMT", 0],
  [null, "0", 0],
  [null, "", 0],
  [null, "tomorrow", 0],
])("%j and Expires %j: a shared cache may keep it for %j s", ([cacheControl, expires, seconds]) => {
  expect(sharedFreshnessSeconds(cacheControl, expires, NOW_MS)).toBe(seconds);
});
