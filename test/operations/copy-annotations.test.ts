import { describe, expect, test } from "vitest";
import { annotate, annotationsOf } from "../support/annotations.ts";
import { encodeKey, expectError, putObject, signedFetch } from "../support/client.ts";
import { copied, copy } from "../support/copy.ts";
import { makePlace, PLACES, SOURCE } from "../support/copy-places.ts";

async function textOf(path: string, name: string): Promise<string> {
  const query = { annotation: "", annotationName: name };
  return (await signedFetch("GET", `/${encodeKey(path)}`, { query })).text();
}

describe.for(PLACES)("a copy to %s", (where) => {
  test("has the annotations of its source", async () => {
    const { from, source, target } = await makePlace(where);
    await putObject(from, SOURCE, "body");
    const names = Array.from({ length: 20 }, (_, i) => `note-${String(i).padStart(2, "0")}`);
    for (const name of names) await annotate(source, name);
    await copied(source, target);
    expect(await annotationsOf(target)).toEqual(names);
    expect(await textOf(target, "note-19")).toBe("of note-19");
    await annotate(target, "own");
    expect(await annotationsOf(source)).toEqual(names);
  });

  test("has none where it is to have none, and loses those of what it replaces", async () => {
    const { from, to, key, source, target } = await makePlace(where);
    await putObject(from, SOURCE, "body");
    await annotate(source, "note");
    await putObject(to, key, "replaced");
    await annotate(target, "replaced");
    await copied(source, target, { "x-amz-object-annotation-directive": "EXCLUDE" });
    expect(await annotationsOf(target)).toEqual([]);
    expect(await annotationsOf(source)).toEqual(["note"]);
  });
});

test("a copy onto itself keeps its annotations", async () => {
  const { from, source } = await makePlace("the same shard");
  await putObject(from, SOURCE, "body");
  await annotate(source, "note");
  await copied(source, source, { "x-amz-metadata-directive": "REPLACE" });
  expect(await annotationsOf(source)).toEqual(["note"]);
});

test("an unknown annotation directive is refused", async () => {
  const { from, source, target } = await makePlace("the same shard");
  await putObject(from, SOURCE, "body");
  const headers = { "x-amz-object-annotation-directive": "REPLACE" };
  await expectError(await copy(source, target, headers), 400, "InvalidArgument");
});
