import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const project = path.resolve(import.meta.dirname, "../..");
const limitsMd = readFileSync(path.join(project, "docs/limits.md"), "utf8");

const NAMED = [...limitsMd.matchAll(/`(test\/[\w/-]+\.test\.ts)`: (.*?) *\|$/gm)];

test("docs/limits.md names a test for each of Ledge's own answers", () => {
  const [ours = ""] = limitsMd.split("## Plan by plan");
  const rows = ours.split("\n").filter((line) => /^\| (?!Limit|-)/.test(line));
  expect(rows.length).toBeGreaterThan(10);
  expect(NAMED).toHaveLength(rows.length);
});

test.for(NAMED.map(([, file = "", name = ""]) => ({ file, name })))(
  "$file has the test that docs/limits.md names: $name",
  ({ file, name }) => {
    const text = readFileSync(path.join(project, file), "utf8");
    expect(text.includes(name)).toBe(true);
  },
);
