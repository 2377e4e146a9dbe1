import { expect, test } from "vitest";
import { S3Error } from "../../../src/protocol/errors.ts";
import {
  endOf,
  eventHoldHeaders,
  parseEventHold,
  readEventHold,
} from "../../../src/protocol/event-hold.ts";

const STATUS = "x-amz-object-lock-event-hold";
const DAYS = "x-amz-object-lock-event-hold-duration-days";
const YEARS = "x-amz-object-lock-event-hold-duration-years";

function codeOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof S3Error) return error.code;
    throw error;
  }
}

test.for([
  [{}, undefined],
  [{ [STATUS]: "OFF" }, { isOn: false }],
  [
    { [STATUS]: "ON", [DAYS]: "1" },
    { isOn: true, days: 1 },
  ],
  [
    { [STATUS]: "ON", [DAYS]: "36500" },
    { isOn: true, days: 36_500 },
  ],
  [
    { [STATUS]: "ON", [YEARS]: "100" },
    { isOn: true, years: 100 },
  ],
] as const)("the headers %j are the event hold %j, and are told again", ([headers, hold]) => {
  expect(parseEventHold(new Headers(headers))).toEqual(hold);
  expect(eventHoldHeaders(hold)).toEqual(headers);
});

test.for([
  { [STATUS]: "ON" },
  { [STATUS]: "on", [DAYS]: "1" },
  { [STATUS]: "", [DAYS]: "1" },
  { [STATUS]: "OFF", [DAYS]: "1" },
  { [DAYS]: "1" },
  { [YEARS]: "1" },
  { [STATUS]: "ON", [DAYS]: "1", [YEARS]: "1" },
  { [STATUS]: "ON", [DAYS]: "0" },
  { [STATUS]: "ON", [DAYS]: "36501" },
  { [STATUS]: "ON", [DAYS]: "1.5" },
  { [STATUS]: "ON", [DAYS]: "-1" },
  { [STATUS]: "ON", [DAYS]: "1e3" },
  { [STATUS]: "ON", [YEARS]: "0" },
  { [STATUS]: "ON", [YEARS]: "101" },
  { [STATUS]: "ON", [YEARS]: "9".repeat(400) },
])("the headers %j are InvalidArgument", (headers) => {
  expect(codeOf(() => parseEventHold(new Headers(headers)))).toBe("InvalidArgument");
});

test.for([
  [undefined, undefined, undefined],
  ["OFF", undefined, { isOn: false }],
  ["ON", { Days: 3, Years: undefined }, { isOn: true, days: 3 }],
  ["ON", { Days: undefined, Years: 3 }, { isOn: true, years: 3 }],
] as const)("of a document, %s with %j is %j", ([status, duration, hold]) => {
  expect(readEventHold(status, duration)).toEqual(hold);
});

test.for([
  ["ON", undefined, "MalformedXML"],
  ["OFF", { Days: 3, Years: undefined }, "MalformedXML"],
  [undefined, { Days: 3, Years: undefined }, "MalformedXML"],
  ["ON", { Days: undefined, Years: undefined }, "InvalidArgument"],
  ["ON", { Days: 1, Years: 1 }, "InvalidArgument"],
  ["ON", { Days: 0, Years: undefined }, "InvalidArgument"],
  ["ON", { Days: undefined, Years: 101 }, "InvalidArgument"],
] as const)("of a document, %s with %j is %s", ([status, duration, code]) => {
  expect(codeOf(() => readEventHold(status, duration))).toBe(code);
});

test("days and years are those of the calendar", () => {
  const from = Date.UTC(2028, 1, 29, 12);
  expect(endOf(from, { days: 1 })).toBe(Date.UTC(2028, 2, 1, 12));
  expect(endOf(from, { years: 1 })).toBe(Date.UTC(2029, 2, 1, 12));
  expect(endOf(from, {})).toBe(from);
});
