import { describe, expect, test } from "vitest";
import { elements, expectError, signedFetch, uniqueBucket } from "../support/client.ts";
import { listVersions, put, remove, setVersioning, versionedBucket } from "../support/versions.ts";

describe("ListObjectVersions", () => {
  test("pages through many versions of many keys, each exactly once", async () => {
    const bucket = await versionedBucket();
    const expected: string[] = [];
    for (const key of ["a", "b/1", "b/2", "c"]) {
      const ids: (string | null)[] = [];
      for (let i = 0; i < 5; i += 1) ids.unshift(await put(bucket, key, `${i}`));
      expected.push(...ids.map((id) => `${key} ${id}`));
    }
    for (const size of [1, 2, 3, 7]) {
      const found: string[] = [];
      let marker: Record<string, string> = {};
      for (;;) {
        const { versions, document } = await listVersions(bucket, {
          "max-keys": String(size),
          ...marker,
        });
        expect(versions.length).toBeLessThanOrEqual(size);
        found.push(...versions.map(({ key, id }) => `${key} ${id}`));
        if (elements(document, "IsTruncated")[0] !== "true") break;
        marker = {
          "key-marker": elements(document, "NextKeyMarker")[0] ?? "",
          "version-id-marker": elements(document, "NextVersionIdMarker")[0] ?? "",
        };
      }
      expect(found).toEqual(expected);
    }
  });

  test("folds keys at the delimiter", async () => {
    const bucket = await versionedBucket();
    for (const key of ["a", "b/1", "b/1", "b/2", "c/x"]) await put(bucket, key, "1");
    const { versions, document } = await listVersions(bucket, { delimiter: "/" });
    expect(versions.map(({ key }) => key)).toEqual(["a"]);
    expect(elements(document, "Prefix")).toEqual(["", "b/", "c/"]);
    const within = await listVersions(bucket, { delimiter: "/", prefix: "b/" });
    expect(within.versions.map(({ key, isLatest }) => [key, isLatest])).toEqual([
      ["b/1", true],
      ["b/1", false],
      ["b/2", true],
    ]);
  });

  test("goes on in the midst of a key after its null version", async () => {
    const bucket = await uniqueBucket();
    await put(bucket, "k", "null");
    await setVersioning(bucket, "Enabled");
    await put(bucket, "l", "1");
    const { versions } = await listVersions(bucket, {
      "key-marker": "k",
      "version-id-marker": "null",
    });
    expect(versions.map(({ key }) => key)).toEqual(["l"]);
  });

  test("skips no version when the page before it was deleted", async () => {
    const bucket = await versionedBucket();
    for (let i = 0; i < 5; i += 1) await put(bucket, "k", `${i}`);
    const all = (await listVersions(bucket)).versions.map(({ id }) => id);
    const first = (await listVersions(bucket, { "max-keys": "3" })).versions;
    for (const { key, id } of first) await remove(bucket, key, id);
    const rest = await listVersions(bucket, {
      "key-marker": "k",
      "version-id-marker": first.at(-1)?.id ?? "",
    });
    expect(rest.versions.map(({ id, isLatest }) => [id, isLatest])).toEqual([
      [all[3], true],
      [all[4], false],
    ]);
  });

  test("tells that the marker behind a deleted page is the latest", async () => {
    const bucket = await versionedBucket();
    await put(bucket, "k", "1");
    await remove(bucket, "k");
    const newest = await put(bucket, "k", "2");
    await remove(bucket, "k", newest ?? "");
    const rest = await listVersions(bucket, {
      "key-marker": "k",
      "version-id-marker": newest ?? "",
    });
    expect(rest.versions.map(({ kind, isLatest }) => [kind, isLatest])).toEqual([
      ["DeleteMarker", true],
      ["Version", false],
    ]);
  });

  test.for([
    { "version-id-marker": "null" },
    { "key-marker": "k", "version-id-marker": "" },
    { "key-marker": "k", "version-id-marker": "nonsense" },
    { "max-keys": "-1" },
    { "encoding-type": "base64" },
  ])("refuses %j", async (query) => {
    const response = await signedFetch("GET", `/${await uniqueBucket()}`, {
      query: { versions: "", ...query },
    });
    await expectError(response, 400, "InvalidArgument");
  });

  test("of a bucket without versions lists its objects as null versions", async () => {
    const bucket = await uniqueBucket();
    await put(bucket, "k", "1");
    expect((await listVersions(bucket)).versions).toEqual([
      { kind: "Version", key: "k", id: "null", isLatest: true },
    ]);
  });
});
