import { describe, expect, test } from "vitest";
import { addressOfPublic, pathOfPublic } from "../../../../src/protocol/edge/public-address.ts";
import { randomText, seededRandom } from "../../../support/seeded-random.ts";

const ADDRESS = { bucketId: "01KB", bucketName: "a.b-c", revision: 7, key: "k" };

describe("the path of a public object", () => {
  test("says the same of every name, and outlives a URL", () => {
    const random = seededRandom(1);
    const paths = new Map<string, string>();
    for (let i = 0; i < 2000; i += 1) {
      const key = `${randomText(random)}x`;
      const address = { ...ADDRESS, key };
      const path = pathOfPublic(address);
      expect(addressOfPublic(path)).toEqual(address);
      expect(new URL(`https://h${path}`).pathname).toBe(path);
      expect(paths.get(path) ?? key).toBe(key);
      paths.set(path, key);
    }
  });

  test.for([
    "",
    "/",
    "/1/01KB/7/a/aw/",
    "//1/01KB/7/a/aw",
    "/1/01KB/07/a/aw",
    "/1/01KB/-7/a/aw",
    "/1/01KB/7e1/a/aw",
    "/1/01KB/7/a/aw==",
    "/1/01KB/7/a/aw?x",
    "/1/01KB/7/a/ax",
    "/1/01KB/7/a/a",
    "/1/01KB/7/a/",
    "/1/01KB/7/a/_w",
    "/2/01KB/7/a/aw",
    "/1/01KB/9999999999999999999/a/aw",
  ])("%s is none", (path) => {
    expect(addressOfPublic(path)).toBe(undefined);
  });
});
