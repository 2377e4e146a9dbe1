import { expect, test } from "vitest";
import { objectIds } from "../../../local/durable-objects/object-id.ts";

test("an object's database has the name that workerd gave it", () => {
  // As in test/fixtures/data-folder-1, which workerd wrote.
  expect(objectIds("ledge-directory")("directory").hex).toBe(
    "8545fb29100a9c02d5937a5e2a325da78ad0f69a89cc5b792448e5caa3b27dbe",
  );
});
