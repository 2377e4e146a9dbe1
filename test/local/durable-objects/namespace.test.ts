import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { DurableObject } from "../../../local/durable-objects/durable-object.ts";
import { Namespace } from "../../../local/durable-objects/namespace.ts";

class Notes extends DurableObject {
  readonly #sql = this.ctx.storage.sql;
  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env);
    this.#sql.exec("CREATE TABLE IF NOT EXISTS note (text TEXT PRIMARY KEY)");
  }
  add(text: string): number {
    this.#sql.exec("INSERT INTO note VALUES (?)", text);
    return this.#sql.exec("SELECT text FROM note").toArray().length;
  }
  all(): string[] {
    return Array.from(
      this.#sql.exec("SELECT text FROM note ORDER BY text").raw<[string]>(),
      ([t]) => t,
    );
  }
}

const folder = mkdtempSync(path.join(tmpdir(), "ledge-do-"));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("what was written is there after a restart", async () => {
  const open = () => new Namespace(Notes, { folder, uniqueKey: "notes", env: {} });
  let notes = open();
  expect(await notes.getByName("a").add("one")).toBe(1);
  expect(await notes.getByName("b").add("two")).toBe(1);
  expect(await notes.getByName("a").add("three")).toBe(2);
  await notes.close();
  notes = open();
  expect(await notes.getByName("a").all()).toEqual(["one", "three"]);
  await notes.close();
});
