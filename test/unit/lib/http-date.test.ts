import { expect, test } from "vitest";
import {
  formatHttpDate,
  formatIsoDate,
  formatPacificDate,
  parseIsoDate,
  parseHttpDate,
} from "../../../src/lib/http-date.ts";
import { seededRandom } from "../../support/seeded-random.ts";

const TIME_MS = Date.UTC(1994, 10, 6, 8, 49, 37);

test.for([
  "Sun, 06 Nov 1994 08:49:37 GMT",
  "Sunday, 06-Nov-94 08:49:37 GMT",
  "Sun Nov  6 08:49:37 1994",
])("%s is read", (text) => {
  expect(parseHttpDate(text)).toBe(TIME_MS);
});

test.for([
  { text: "", because: "empty" },
  { text: "0", because: "a number" },
  { text: "1994-11-06T08:49:37Z", because: "ISO 8601" },
  { text: "Sun, 06 Nov 1994 08:49:37 CET", because: "of another zone" },
  { text: "Sun, 6 Nov 1994 08:49:37 GMT", because: "of one digit" },
  { text: "Sun, 06 Nev 1994 08:49:37 GMT", because: "of no month" },
  { text: "Sun, 31 Nov 1994 08:49:37 GMT", because: "of no day" },
  { text: "Sun, 06 Nov 1994 24:00:00 GMT", because: "of no hour" },
  { text: "Sun, 06 Nov 1994 08:49:37 GMT ", because: "not all" },
])("no date: $because", ({ text }) => {
  expect(parseHttpDate(text)).toBeUndefined();
});

test("two digits of a year mean the past when the future is over 50 years away", () => {
  const year = new Date().getUTCFullYear() + 51;
  const digits = String(year % 100).padStart(2, "0");
  expect(parseHttpDate(`Sunday, 06-Nov-${digits} 08:49:37 GMT`)).toBe(
    Date.UTC(year - 100, 10, 6, 8, 49, 37),
  );
});

test("what is formatted is read back, to the second", () => {
  const random = seededRandom(4);
  for (let round = 0; round < 1000; round++) {
    const timeMs = random(2 ** 32) * 1000 + random(1000);
    expect(parseHttpDate(formatHttpDate(timeMs))).toBe(timeMs - (timeMs % 1000));
  }
});

test("listings show whole seconds with three zeros", () => {
  expect(formatIsoDate(Date.UTC(2026, 10, 23, 5, 0, 0, 789))).toBe("2026-11-23T05:00:00.000Z");
});

test.for([
  ["2030-01-01T00:00:00Z", Date.UTC(2030, 0, 1)],
  ["2030-01-01T00:00:00.5Z", Date.UTC(2030, 0, 1, 0, 0, 0, 500)],
  ["2030-01-01T00:00:00.123456Z", Date.UTC(2030, 0, 1, 0, 0, 0, 123)],
  ["2029-12-31T22:30:00-01:30", Date.UTC(2030, 0, 1)],
  ["2028-02-29T00:00:00Z", Date.UTC(2028, 1, 29)],
  ["2030-01-01", undefined],
  ["2030-01-01T00:00:00", undefined],
  ["2030-02-29T00:00:00Z", undefined],
  ["2030-13-01T00:00:00Z", undefined],
  ["2030-01-01T25:00:00Z", undefined],
  ["2030-01-01 00:00:00Z", undefined],
  ["Tue, 01 Jan 2030 00:00:00 GMT", undefined],
] as const)("the ISO 8601 date %s is %s", ([text, timeMs]) => {
  expect(parseIsoDate(text)).toBe(timeMs);
});

test.for([
  { timeMs: Date.UTC(2020, 0, 1), text: "Tue Dec 31 16:00:00 PST 2019" },
  { timeMs: Date.UTC(2026, 6, 4, 7, 5, 9), text: "Sat Jul 04 00:05:09 PDT 2026" },
])("$text is a date of the Pacific coast", ({ timeMs, text }) => {
  expect(formatPacificDate(timeMs)).toBe(text);
});

test("a date of any day is that of Date, in whole seconds", () => {
  const random = seededRandom(11);
  for (let round = 0; round < 500; round += 1) {
    const day = [0, 1, 19_000, 20_595, 2_932_896, 100_000_000][random(6)] ?? 0;
    const timeMs = Math.min(day * 86_400_000 + random(86_400_000), 8.64e15);
    expect(formatIsoDate(timeMs)).toBe(new Date(timeMs - (timeMs % 1000)).toISOString());
  }
  expect(() => formatIsoDate(Number.NaN)).toThrow(RangeError);
});
