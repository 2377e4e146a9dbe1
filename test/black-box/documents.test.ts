import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const CODE = ["{src,local,cli,scripts,test,bench}/**", "*.{ts,json,toml}"];
const NAMED = /`((?:[\w-]+\/)*[\w.-]+\.(?:ts|json))`/g;

test("every file that a document names is there", () => {
  const files = globSync(CODE);
  const documents = globSync(["README.md", "docs/**/*.md"]);
  expect(documents.length).toBeGreaterThan(5);
  const missing = documents.flatMap((document) =>
    [...readFileSync(document, "utf8").matchAll(NAMED)]
      .map(([, name = ""]) => name)
      .filter((name) => !files.some((file) => `/${file}`.endsWith(`/${name}`)))
      .map((name) => `${document}: ${name}`),
  );
  expect(missing).toEqual([]);
});
