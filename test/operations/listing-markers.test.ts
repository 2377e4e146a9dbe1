import { describe, expect, test } from "vitest";
import { elements, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { createUpload } from "../support/multipart.ts";
import { setVersioning } from "../support/versions.ts";

const KEYS = ["folder/aSubfolder/1", "folder/aSubfolder/2", "folder/file1", "folder/file2"];
const FOLDED = { prefix: "folder/", delimiter: "/" };

async function list(bucket: string, query: Readonly<Record<string, string>>): Promise<string> {
  const response = await signedFetch("GET", `/${bucket}`, { query: { ...FOLDED, ...query } });
  const document = await response.text();
  expect(response.status, document).toBe(200);
  return document;
}

/** What each listing calls the key that it begins behind. */
const LISTINGS = [
  { name: "ListObjects", query: {}, marker: "marker" },
  {
    name: "ListObjectsV2",
    query: { "list-type": "2" },
    marker: "start-after",
  },
  {
    name: "ListObjectVersions",
    query: { versions: "" },
    marker: "key-marker",
  },
  {
    name: "ListMultipartUploads",
    query: { uploads: "" },
    marker: "key-marker",
  },
] as const;

describe("a marker in the midst of a common prefix skips it", () => {
  test.for(LISTINGS)("$name", async ({ query, marker }) => {
    const bucket = await uniqueBucket();
    await setVersioning(bucket, "Enabled");
    for (const key of KEYS) await Promise.all([putObject(bucket, key), createUpload(bucket, key)]);
    for (const after of ["folder/aSubfolder/1", "folder/aSubfolder/", "folder/aSubfolder/0"]) {
      const document = await list(bucket, { ...query, [marker]: after });
      expect(elements(document, "Key"), after).toEqual(["folder/file1", "folder/file2"]);
      expect(document).not.toContain("CommonPrefixes");
    }
    // Before it, and where nothing is folded, nothing is skipped.
    const before = await list(bucket, { ...query, [marker]: "folder/aSubfolder" });
    expect(before).toContain("<CommonPrefixes><Prefix>folder/aSubfolder/</Prefix>");
    const flat = await list(bucket, { ...query, [marker]: KEYS[0] ?? "", delimiter: "" });
    expect(elements(flat, "Key")).toEqual(KEYS.slice(1));
  });

  test("an upload's or a version's id does not change that", async () => {
    const bucket = await uniqueBucket();
    await setVersioning(bucket, "Enabled");
    const [key = ""] = KEYS;
    const version = (await putObject(bucket, key)).headers.get("x-amz-version-id") ?? "";
    const uploadId = await createUpload(bucket, key);
    for (const name of KEYS.slice(1))
      await Promise.all([putObject(bucket, name), createUpload(bucket, name)]);
    const markers = { "key-marker": key };
    for (const query of [
      { versions: "", "version-id-marker": version },
      { uploads: "", "upload-id-marker": uploadId },
    ]) {
      const document = await list(bucket, { ...query, ...markers });
      expect(elements(document, "Key")).toEqual(["folder/file1", "folder/file2"]);
      expect(document).not.toContain("CommonPrefixes");
    }
  });
});
