import { expect, test } from "vitest";
import { checkNewBucketName } from "../../../src/protocol/bucket-name.ts";
import { S3Error } from "../../../src/protocol/errors.ts";

test.for([
  "abc",
  "a.b",
  "0-9",
  "1.2.3",
  "1.2.3.4.5",
  "my-bucket.example.com",
  "a".repeat(63),
  "a--b",
  "a.-b",
  "xn-a",
  "plan",
  "a-111122223333-us-west-2-an",
])("%s may be made", (name) => {
  expect(() => {
    checkNewBucketName(name);
  }).not.toThrow();
});

test.for([
  { name: "", because: "empty" },
  { name: "ab", because: "two characters" },
  { name: "a".repeat(64), because: "64 characters" },
  { name: "Abc", because: "a capital" },
  { name: "a_b", because: "an underscore" },
  { name: "aéb", because: "a letter that is not ASCII" },
  { name: "-ab", because: "begins with a hyphen" },
  { name: "ab.", because: "ends with a dot" },
  { name: "a..b", because: "two dots" },
  { name: "192.168.5.4", because: "an IP address" },
  { name: "xn--a", because: "the prefix of punycode" },
  { name: "sthree-a", because: "a reserved prefix" },
  { name: "amzn-s3-demo-bucket", because: "the prefix of examples" },
  { name: "a-s3alias", because: "the suffix of access point aliases" },
  { name: "a--ol-s3", because: "the suffix of Object Lambda" },
  { name: "a.mrap", because: "the suffix of multi-region access points" },
  { name: "a--x-s3", because: "the suffix of directory buckets" },
  { name: "a--table-s3", because: "the suffix of table buckets" },
  { name: "a-an", because: "the suffix of account namespaces" },
  { name: "abc\n", because: "a line feed at the end" },
])("$name may not be made: $because", ({ name }) => {
  expect(() => {
    checkNewBucketName(name);
  }).toThrow(new S3Error("InvalidBucketName", { fields: { BucketName: name } }));
});
