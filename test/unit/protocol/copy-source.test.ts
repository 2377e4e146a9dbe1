import { expect, test } from "vitest";
import { parseCopySource, parseRenameSource } from "../../../src/protocol/copy-source.ts";
import { S3Error } from "../../../src/protocol/errors.ts";

const SOURCES: readonly {
  header: string;
  key: string;
  keyWithSpaces?: string;
  versionId?: string;
}[] = [
  { header: "bkt/key", key: "key" },
  { header: "/bkt/key", key: "key" },
  { header: "bkt//key", key: "/key" },
  { header: "bkt/a/b/", key: "a/b/" },
  { header: "bkt%2Fkey", key: "key" },
  { header: "%2Fbkt%2Fa%2Fb", key: "a/b" },
  { header: "bkt/a%20b%2Bc/%C3%A9.txt", key: "a b+c/é.txt" },
  { header: "bkt/a b+c/é.txt", key: "a b+c/é.txt", keyWithSpaces: "a b c/é.txt" },
  { header: "bkt%2Ftest+key.txt", key: "test+key.txt", keyWithSpaces: "test key.txt" },
  { header: "bkt/世界 🌍", key: "世界 🌍" },
  { header: "bkt/%E4%B8%96%E7%95%8C", key: "世界" },
  { header: "bkt/100%25", key: "100%" },
  { header: "bkt/a%252Fb", key: "a%2Fb" },
  { header: "bkt/a?b", key: "a?b" },
  { header: "bkt/a%3FversionId%3Dnull", key: "a?versionId=null" },
  { header: "bkt/key?versionId=null", key: "key", versionId: "null" },
  { header: "/bkt/a%20b?versionId=null", key: "a b", versionId: "null" },
  { header: "bkt/a?versionId=b?versionId=null", key: "a?versionId=b", versionId: "null" },
  { header: "http://s3.localhost:8787/bkt/a/b%20c", key: "a/b c" },
  { header: "https://s3.localhost/bkt/key?versionId=null", key: "key", versionId: "null" },
  { header: "bkt/http://host/bkt/key", key: "http://host/bkt/key" },
  { header: "bkt/.", key: "." },
  { header: "bkt/../other/key", key: "../other/key" },
];

test.for(SOURCES)("$header is the key $key", ({ header, key, keyWithSpaces, versionId }) => {
  const source = parseCopySource(new Headers({ "x-amz-copy-source": header }));
  expect(source).toEqual({ bucket: "bkt", key, keyWithSpaces, versionId });
});

test.for([
  {
    header: "",
    message: "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
  },
  { header: "http://s3.localhost:8787/bkt", message: "Invalid copy source object key" },
  { header: "wrongformat", message: "Invalid copy source object key" },
  { header: "bkt/", message: "Invalid copy source object key" },
  { header: "/bkt", message: "Invalid copy source object key" },
  { header: "//key", message: "Invalid copy source bucket name" },
  { header: "b@kt/key", message: "Invalid copy source bucket name" },
  { header: "bkt/%ZZ", message: "Invalid copy source encoding" },
  { header: "100%/key", message: "Invalid copy source encoding" },
  { header: "bkt/%C3%", message: "Invalid copy source encoding" },
  { header: "bkt/%C3%28", message: "Invalid copy source encoding" },
  { header: "bkt/key?versionId=abc", message: "Invalid version id specified" },
  { header: "bkt/key?versionId=", message: "Invalid version id specified" },
])("$header is InvalidArgument: $message", ({ header, message }) => {
  const parse = () => parseCopySource(new Headers({ "x-amz-copy-source": header }));
  expect(parse).toThrow(expect.objectContaining({ code: "InvalidArgument", message }));
});

test("access points are refused", () => {
  const arn = "arn:aws:s3:us-east-1:123456789012:accesspoint/name/object/key";
  for (const header of [arn, encodeURIComponent(arn)]) {
    const parse = () => parseCopySource(new Headers({ "x-amz-copy-source": header }));
    expect(parse).toThrow(expect.objectContaining({ code: "NotImplemented" }));
  }
});

test.for([
  { header: "key", key: "key" },
  { header: "a/b c", key: "a/b c" },
  { header: "a%2Fb%20c", key: "a/b c" },
  { header: "a+b", key: "a+b" },
  { header: "/a", key: "/a" },
])("$header renames $key", ({ header, key }) => {
  expect(parseRenameSource(new Headers({ "x-amz-rename-source": header }))).toBe(key);
});

test.for([
  { headers: {}, code: "InvalidRequest" },
  { headers: { "x-amz-rename-source": "" }, code: "InvalidRequest" },
  { headers: { "x-amz-rename-source": "%" }, code: "InvalidArgument" },
])("$headers names nothing to rename: $code", ({ headers, code }) => {
  const parse = () => parseRenameSource(new Headers(headers));
  expect(parse).toThrow(S3Error);
  expect(parse).toThrow(expect.objectContaining({ code }));
});
