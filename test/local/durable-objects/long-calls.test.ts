import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { inside, notesIn, temporaryFolder } from "../../support/local-objects.ts";

function takeLong(): void {
  const endMs = performance.now() + 3;
  while (performance.now() < endMs);
}

test("a short call does not wait for all long ones that were there before it", async () => {
  const notes = notesIn(temporaryFolder()).getByName("a");
  // How long a method takes is known from its last call.
  await inside(notes, takeLong);
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
