import { expect, test } from "vitest";
import {
  type CachedObject,
  ObjectCache,
} from "../../../src/storage/bucket-shard/objects/object-cache.ts";

/** Other shards of the isolate may remember something: they give way to what is used. */
const MAX_BYTES = 4000;

function objectOf(bytes: number): CachedObject {
  return {
    columns: [["", 0, 0, "", "", null, null], 0, null, "{}", null],
    content: { kind: "inline", bytes: new Uint8Array(bytes) },
  };
}

test("caches share what they may remember, and the least used object of all goes", () => {
  const [one, other] = [new ObjectCache(MAX_BYTES), new ObjectCache(MAX_BYTES)];
  one.set("a", objectOf(1000));
  other.set("a", objectOf(1000));
  expect(one.get("a")).toBeDefined();
  // A third is too much: the other's was used less lately.
  one.set("b", objectOf(1000));
  expect([one.get("a"), one.get("b"), other.get("a")]).toEqual([
    expect.anything(),
    expect.anything(),
    undefined,
  ]);
  // A single cache may have all of it.
  other.set("c", objectOf(3000));
  expect([one.get("a"), one.get("b"), other.get("c")]).toEqual([
    undefined,
    undefined,
    expect.anything(),
  ]);
});

test("what is replaced, deleted, or cleared takes no room", () => {
  const [one, other] = [new ObjectCache(MAX_BYTES), new ObjectCache(MAX_BYTES)];
  for (let i = 0; i < 100; i += 1) one.set("a", objectOf(1000));
  one.delete("a");
  for (const key of ["a", "b"]) other.set(key, objectOf(500));
  other.clear();
  expect(other.get("a")).toBeUndefined();
  one.set("x", objectOf(2000));
  other.set("x", objectOf(500));
  expect([one.get("x"), other.get("x")]).toEqual([expect.anything(), expect.anything()]);
});

test("what is larger than all that may be remembered is not", () => {
  const cache = new ObjectCache(MAX_BYTES);
  cache.set("a", objectOf(MAX_BYTES));
  expect(cache.get("a")).toBeUndefined();
});
