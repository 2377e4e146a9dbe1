/**
 * `npm run campaign`: every test that has more to try than `npm test` has time for, at full length
 * (`test/support/campaign.ts`). What follows `--` is for Vitest, e.g. `npm run campaign -- -t "seeds from 10048"`.
 */
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { REQUEST_COST, SLOW_UNDER_WRANGLER } from "../test/support/campaign-files.ts";

/** By what a test learns that it is in a campaign, or a helper that does. */
const LEARNS = /from "\.\.?\/(?:[\w-]+\/|\.\.\/)*(?:campaign|gateway-death|rounds)\.ts"/;

const slow = new Set([
  REQUEST_COST,
  ...SLOW_UNDER_WRANGLER.map((name) => `test/black-box/${name}.test.ts`),
]);
const files = globSync("test/**/*.test.ts").filter(
  (file) => slow.has(file) || LEARNS.test(readFileSync(file, "utf8")),
);
const options = ["run", "--mode", "campaign", "--reporter", "verbose"];
const { status } = spawnSync("vitest", [...options, ...files, ...process.argv.slice(2)], {
  stdio: "inherit",
});
process.exitCode = status ?? 1;
