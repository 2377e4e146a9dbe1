import { expect, test } from "vitest";
import { S3Error } from "../../../src/protocol/errors.ts";
import {
  contentRange,
  parseCopyRange,
  parsePartNumber,
  parseRange,
  requireCopyRange,
  requireRange,
} from "../../../src/protocol/range.ts";
import { seededRandom } from "../../support/seeded-random.ts";

/** Undefined: the whole object is sent. */
function rangeOf(header: string, sizeBytes: number) {
  const spec = parseRange(header);
  return spec && requireRange(new Headers({ range: header }), spec, sizeBytes);
}

const HUGE = "99999999999999999999999999";

test.for([
  { header: "bytes=0-0", range: { offset: 0, length: 1 } },
  { header: "bytes=2-4", range: { offset: 2, length: 3 } },
  { header: "bytes=9-9", range: { offset: 9, length: 1 } },
  { header: "bytes=2-", range: { offset: 2, length: 8 } },
  { header: "bytes=2-10", range: { offset: 2, length: 8 } },
  { header: `bytes=2-${HUGE}`, range: { offset: 2, length: 8 } },
  { header: "bytes=-3", range: { offset: 7, length: 3 } },
  { header: "bytes=-10", range: { offset: 0, length: 10 } },
  { header: `bytes=-${HUGE}`, range: { offset: 0, length: 10 } },
  { header: "BYTES=2-4", range: { offset: 2, length: 3 } },
  { header: " bytes = 2 - 4 ", range: { offset: 2, length: 3 } },
  { header: "bytes=002-004", range: { offset: 2, length: 3 } },
])("$header of ten bytes is $range", ({ header, range }) => {
  expect(rangeOf(header, 10)).toEqual(range);
});

test.for([
  { header: null, because: "absent" },
  { header: "", because: "empty" },
  { header: "bytes=", because: "no range" },
  { header: "bytes=-", because: "no numbers" },
  { header: "bytes=4-2", because: "the wrong way round" },
  { header: "bytes=4-3", because: "the wrong way round by one" },
  { header: "bytes=a-b", because: "no digits" },
  { header: "bytes=1.5-2", because: "fractions" },
  { header: "bytes=--3", because: "a negative suffix" },
  { header: "bytes=0-1,3-4", because: "several ranges" },
  { header: "items=0-1", because: "another unit" },
  { header: "0-1", because: "no unit" },
])("the whole object is sent when the range is $because", ({ header }) => {
  expect(parseRange(header)).toBeUndefined();
});

test.for([
  { header: "bytes=10-", sizeBytes: 10 },
  { header: "bytes=10-20", sizeBytes: 10 },
  { header: `bytes=${HUGE}-`, sizeBytes: 10 },
  { header: "bytes=-0", sizeBytes: 10 },
  { header: "bytes=0-", sizeBytes: 0 },
  { header: "bytes=-1", sizeBytes: 0 },
])("$header of $sizeBytes bytes is InvalidRange", ({ header, sizeBytes }) => {
  const expected = new S3Error("InvalidRange", {
    fields: { RangeRequested: header, ActualObjectSize: String(sizeBytes) },
    headers: { "Content-Range": `bytes */${sizeBytes}` },
  });
  expect(() => rangeOf(header, sizeBytes)).toThrow(expected);
});

test("any range that is given lies within the object", () => {
  const random = seededRandom(6);
  for (let round = 0; round < 5000; round++) {
    const sizeBytes = 1 + random(20);
    const first = random(sizeBytes);
    const last = first + random(20);
    const { offset, length } = rangeOf(`bytes=${first}-${last}`, sizeBytes) ?? {
      offset: -1,
      length: -1,
    };
    expect([offset, offset + length - 1]).toEqual([first, Math.min(last, sizeBytes - 1)]);
  }
});

test("Content-Range names the last byte and the size", () => {
  expect(contentRange({ offset: 2, length: 3 }, 10)).toBe("bytes 2-4/10");
});

test.for([
  ["1", 1],
  ["0010", 10],
  ["10000", 10_000],
] as const)("part number %s is %i", ([value, partNumber]) => {
  expect(parsePartNumber(value)).toBe(partNumber);
});

test.for(["0", "10001", "-1", "", "1.0", "1e3", " 1", "abc", HUGE])(
  "part number %j is InvalidArgument",
  (value) => {
    expect(() => parsePartNumber(value)).toThrow(
      new S3Error("InvalidArgument", {
        message: "Part number must be an integer between 1 and 10000, inclusive",
        fields: { ArgumentName: "partNumber", ArgumentValue: value },
      }),
    );
  },
);

function copyRange(header: string, sizeBytes: number) {
  const headers = new Headers({ "x-amz-copy-source-range": header });
  const spec = parseCopyRange(headers);
  return spec && requireCopyRange(headers, spec, sizeBytes);
}

test.for([
  { header: "bytes=0-8", range: { offset: 0, length: 9 } },
  { header: "bytes=0-9", range: { offset: 0, length: 10 } },
  { header: "bytes=1-1", range: { offset: 1, length: 1 } },
  { header: "bytes=9-9", range: { offset: 9, length: 1 } },
])("a part copied from $header of ten bytes is $range", ({ header, range }) => {
  expect(copyRange(header, 10)).toEqual(range);
});

test("a part that is copied without a range is the whole object", () => {
  expect(parseCopyRange(new Headers())).toBeUndefined();
});

const COPY_RANGE_FORM =
  "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy";

test.for([
  "0-8",
  "bytes=1-0",
  "bytes=-1-",
  "bytes=0--1",
  "bytes=0-1,3-4,7-9",
  "bytes=-",
  "bytes=-0",
  "bytes=1-",
  "bytes=-2",
  "bytes=-15",
  "bytes=0",
  "bytes=hello-world",
  "bytes= 0-1",
  "byte=0-1",
])("no part is copied from %s", (header) => {
  const expected = new S3Error("InvalidArgument", {
    message: COPY_RANGE_FORM,
    fields: { ArgumentName: "x-amz-copy-source-range", ArgumentValue: header },
  });
  expect(() => copyRange(header, 10)).toThrow(expected);
});

test.for([
  { header: "bytes=0-100", code: "InvalidArgument" },
  { header: "bytes=0-10", code: "InvalidArgument" },
  { header: "bytes=10-10", code: "InvalidRequest" },
  { header: "bytes=100-200", code: "InvalidRequest" },
])("$header of ten bytes is $code", ({ header, code }) => {
  expect(() => copyRange(header, 10)).toThrow(expect.objectContaining({ code }));
});
