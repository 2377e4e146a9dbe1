import { expect, test } from "vitest";
import { S3Error } from "../../../src/protocol/errors.ts";
import { parseStorageClass } from "../../../src/protocol/storage-class.ts";

test("the storage class is STANDARD unless the request says another", () => {
  expect(parseStorageClass(new Headers())).toBe("STANDARD");
  expect(parseStorageClass(new Headers({ "x-amz-storage-class": "GLACIER_IR" }))).toBe(
    "GLACIER_IR",
  );
});

test.for(["standard", "", "OUTPOSTS", "EXPRESS_ONEZONE", "SNOW", "FAST"])(
  "storage class %j is InvalidStorageClass",
  (value) => {
    expect(() => parseStorageClass(new Headers({ "x-amz-storage-class": value }))).toThrow(
      new S3Error("InvalidStorageClass", { fields: { StorageClassRequested: value } }),
    );
  },
);
