import { expect, test } from "vitest";
import { parseObjectAttributes } from "../../../src/protocol/object-attributes.ts";

test.for([
  { given: ["ETag"], attributes: ["ETag"] },
  { given: ["ETag,Checksum, ObjectSize "], attributes: ["ETag", "Checksum", "ObjectSize"] },
  { given: ["ObjectParts", "StorageClass"], attributes: ["ObjectParts", "StorageClass"] },
  { given: ["ETag", "ETag"], attributes: ["ETag"] },
])("$given names $attributes", ({ given, attributes }) => {
  const headers = new Headers(given.map((value) => ["x-amz-object-attributes", value]));
  expect([...parseObjectAttributes(headers).attributes]).toEqual(attributes);
});

test("parts are paged by 1,000 from the first, unless the client says otherwise", () => {
  const parse = (headers: Record<string, string>) => {
    const { maxParts, partNumberMarker } = parseObjectAttributes(
      new Headers({ "x-amz-object-attributes": "ObjectParts", ...headers }),
    );
    return [maxParts, partNumberMarker];
  };
  expect(parse({})).toEqual([1000, 0]);
  expect(parse({ "x-amz-max-parts": "7", "x-amz-part-number-marker": "3" })).toEqual([7, 3]);
  expect(parse({ "x-amz-max-parts": "2000" })).toEqual([1000, 0]);
});

test.for([
  { headers: {}, code: "InvalidRequest" },
  { headers: { "x-amz-object-attributes": " " }, code: "InvalidRequest" },
  { headers: { "x-amz-object-attributes": "ETag,Etag" }, code: "InvalidArgument" },
  { headers: { "x-amz-object-attributes": "ETag," }, code: "InvalidArgument" },
  {
    headers: { "x-amz-object-attributes": "ETag", "x-amz-max-parts": "ten" },
    code: "InvalidArgument",
  },
  {
    headers: { "x-amz-object-attributes": "ETag", "x-amz-part-number-marker": "-1" },
    code: "InvalidArgument",
  },
])("$headers is $code", ({ headers, code }) => {
  expect(() => parseObjectAttributes(new Headers(headers))).toThrow(
    expect.objectContaining({ code }),
  );
});
