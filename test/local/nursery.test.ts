import { execFileSync } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";

const NURSERY = path.resolve(import.meta.dirname, "../../cli/nursery.ts");

const PROGRAM = `
  const { holdNursery } = await import(${JSON.stringify(NURSERY)});
  const { getHeapSpaceStatistics } = await import("node:v8");
  const { setTimeout } = await import("node:timers/promises");
  const mib = () => {
    const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
    return (space.space_used_size + space.space_available_size) / 2 ** 20;
  };

  holdNursery(10, 1);
  const sizes = [];
  for (let turn = 0; turn < 20; turn += 1) {
    const kept = [];
    for (let i = 0; i < 100_000; i += 1) kept.push([i]);
    sizes.push(mib());
    await setTimeout(1);
  }
  console.log(JSON.stringify(sizes));
`;

test("under load, the nursery has halves of 4 MiB, and no more when much survives", () => {
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", PROGRAM], {
    encoding: "utf8",
  });
  const sizes = JSON.parse(output) as number[];
  // What survives may have pages of its own for a moment.
  expect(Math.min(...sizes.slice(-10))).toBeCloseTo(4, 0);
});
