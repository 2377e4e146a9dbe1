import { beforeAll, expect, test } from "vitest";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { completed, createUpload, putPart } from "../support/multipart.ts";

let bucket: string;
let uploadId: string;
beforeAll(async () => {
  bucket = await uniqueBucket();
  await putObject(bucket, "k", "body");
  const whole = await createUpload(bucket, "parts");
  await completed(bucket, "parts", whole, [await putPart(bucket, "parts", whole, 1, "part")]);
  uploadId = await createUpload(bucket, "upload");
  await putPart(bucket, "upload", uploadId, 1, "part");
});

interface Listing {
  readonly what: string;
  readonly path?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** What says how long a page is, and where it is repeated. */
  readonly limit: readonly [parameter: string, element: string];
}

// That it is the last: https://github.com/ceph/s3-tests, test_bucket_list_maxkeys_zero, which passes on AWS.
test.for([
  { what: "ListObjects", limit: ["max-keys", "MaxKeys"] },
  { what: "ListObjectsV2", query: { "list-type": "2" }, limit: ["max-keys", "MaxKeys"] },
  { what: "ListObjectVersions", query: { versions: "" }, limit: ["max-keys", "MaxKeys"] },
  { what: "ListMultipartUploads", query: { uploads: "" }, limit: ["max-uploads", "MaxUploads"] },
  { what: "ListParts", path: "/upload", query: { uploadId: "" }, limit: ["max-parts", "MaxParts"] },
  {
    what: "GetObjectAttributes",
    path: "/parts",
    query: { attributes: "" },
    headers: { "x-amz-object-attributes": "ObjectParts", "x-amz-max-parts": "0" },
    limit: ["", "MaxParts"],
  },
] satisfies Listing[])("a page of 0 of $what is empty, and the last", async (listing: Listing) => {
  const { path = "", query = {}, headers = {}, limit } = listing;
  const [parameter, element] = limit;
  const response = await signedFetch("GET", `/${bucket}${path}`, {
    headers,
    query: {
      ...query,
      ...("uploadId" in query && { uploadId }),
      ...(parameter !== "" && { [parameter]: "0" }),
    },
  });
  const document = await response.text();
  expect(response.status, document).toBe(200);
  expect(elements(document, element)).toEqual(["0"]);
  expect(elements(document, "IsTruncated")).toEqual(["false"]);
  for (const entry of ["Contents", "Version", "Upload", "Part"])
    expect(elements(document, entry)).toEqual([]);
  // Nor is there anything to go on with: AWS sends some of these elements always, empty or 0.
  expect(document).not.toMatch(/<Next\w+>[^<0]/);
});

test.for([
  { what: "ListBuckets", path: "/", query: { "max-buckets": "0" } },
  {
    what: "ListObjectAnnotations",
    path: "/k",
    query: { annotation: "", "max-annotation-results": "0" },
  },
])("a page of 0 of $what is InvalidArgument, as its least is 1", async ({ path, query }) => {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(query)) given[name] = value;
  const target = path === "/" ? path : `/${bucket}${path}`;
  await expectError(await signedFetch("GET", target, { query: given }), 400, "InvalidArgument");
});
