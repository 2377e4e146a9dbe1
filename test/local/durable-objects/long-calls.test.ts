import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { LongCalls } from "../../../local/durable-objects/long-calls.ts";
import { inside, notesIn, temporaryFolder } from "../../support/local-objects.ts";

function takeLong(): void {
  const endMs = performance.now() + 3;
  while (performance.now() < endMs);
}

test("a short call does not wait for all long ones that were there before it", async () => {
  const notes = notesIn(temporaryFolder()).getByName("a");
  // How long a method takes is known from its last calls.
  for (let i = 0; i < 3; i += 1) await inside(notes, takeLong);
  const answered: string[] = [];
  const long = Array.from({ length: 10 }, () =>
    inside(notes, takeLong).then(() => answered.push("long")),
  );
  await setImmediate();
  await notes.remember();
  answered.push("short");
  await Promise.all(long);
  expect(answered).toHaveLength(11);
  expect(answered.indexOf("short")).toBeLessThan(5);
});

test("a read that had to wait for the processor once is not put behind all listings", async () => {
  const calls = new LongCalls();
  for (const ms of [0.1, 50, 0.1, 0.1, 50]) calls.took("read", ms);
  expect(calls.turnOf("read")).toBeUndefined();
  calls.took("read", 50);
  await expect(calls.turnOf("read")).resolves.toBeUndefined();
  for (let i = 0; i < 3; i += 1) calls.took("read", 0.1);
  expect(calls.turnOf("read")).toBeUndefined();
});
