import { beforeAll, describe, expect, test } from "vitest";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { createUpload } from "../support/multipart.ts";

describe("where a document is required, an empty body", () => {
  let bucket: string;
  let uploadId: string;
  beforeAll(async () => {
    bucket = await uniqueBucket();
    await putObject(bucket, "k", "body");
    uploadId = await createUpload(bucket, "k");
  });

  test.for([
    ["PUT", "", "tagging", "MissingRequestBodyError"],
    ["PUT", "", "versioning", "MissingRequestBodyError"],
    ["PUT", "", "object-lock", "MissingRequestBodyError"],
    ["POST", "", "delete", "MissingRequestBodyError"],
    ["PUT", "/k", "tagging", "MissingRequestBodyError"],
    ["PUT", "/k", "legal-hold", "MalformedXML"],
    ["PUT", "/k", "retention", "MalformedXML"],
  ] as const)("of %s %s?%s is %s", async ([method, path, subresource, code]) => {
    const query = { [subresource]: "" };
    const response = await signedFetch(method, `/${bucket}${path}`, { query, body: "" });
    await expectError(response, 400, code);
  });

  test("of a completion is told that it lists no part", async () => {
    const query = { uploadId };
    const response = await signedFetch("POST", `/${bucket}/k`, { query, body: "" });
    const document = await expectError(response, 400, "InvalidRequest");
    expect(elements(document, "Message")).toEqual(["You must specify at least one part"]);
  });
});
