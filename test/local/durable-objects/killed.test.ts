import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { notesIn, temporaryFolder } from "../../support/local-objects.ts";

const PROGRAM = new URL("../../support/killed-writer.ts", import.meta.url).pathname;

type Acknowledged = [name: string, round: string, writer: number, i: number];

/** Lets a process write until so many writes are acknowledged, and kills it in the midst of the next. */
async function writeAndKill(folder: string, round: number, count: number): Promise<Acknowledged[]> {
  const child = spawn(process.execPath, [PROGRAM, folder, String(round)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
    if (printed.split("\n").length > count) child.kill("SIGKILL");
  });
  await once(child, "close");
  // The last line may be half.
  const lines = printed.split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}

test("a process that is killed has lost nothing that it acknowledged", async () => {
  const folder = temporaryFolder();
  const acknowledged: Acknowledged[] = [];
  // Before and after a log is moved, for which these write enough.
  for (const [round, count] of [20, 400, 200].entries())
    acknowledged.push(...(await writeAndKill(folder, round, count)));
  expect(acknowledged.length).toBeGreaterThan(600);
  const namespace = notesIn(folder);
  for (const name of ["object 0", "object 1"]) {
    const notes = namespace.getByName(name);
    const found = new Set((await notes.all()).map((text) => text.replace(/ x+ /, " ")));
    const wanted = acknowledged.filter(([object]) => object === name);
    const lost = wanted.filter(([, ...rest]) => !found.has(rest.join(" ")));
    expect(lost, name).toEqual([]);
    expect(await notes.wakesAt(), name).not.toBeNull();
  }
  await namespace.close();
  for (const name of ["object 0", "object 1"]) {
    const file = path.join(folder, "notes", `${namespace.idFromName(name).toString()}.sqlite`);
    const database = new DatabaseSync(file);
    const check = database.prepare("PRAGMA integrity_check").get();
    expect(check).toEqual({ integrity_check: "ok" });
    database.close();
  }
});
