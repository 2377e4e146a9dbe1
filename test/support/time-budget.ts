import type { Reporter, TestModule } from "vitest/node";

/** What one file may take by itself, on two cores that do nothing else. */
const FILE_LIMIT_S = 10;

/** What all files may take together, if they ran one after the other. A feature that needs more raises it and says how much. */
const BUDGET_S = 460;

/** Fewer files are a selection, of which the sum says nothing. */
const LEAST_FILES = 400;

/**
 * Says at the end which files take long, and whether all together keep their budget. It fails nothing: on a machine that is busy
 * with something else everything takes long.
 */
export default class TimeBudget implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const files = modules
      .map((module) => ({
        name: `${module.project.name}: ${module.relativeModuleId}`,
        seconds: module.diagnostic().duration / 1000,
      }))
      .toSorted((a, b) => b.seconds - a.seconds);
    for (const { name, seconds } of files)
      if (seconds > FILE_LIMIT_S)
        say(`${name} took ${seconds.toFixed(1)} s, of ${FILE_LIMIT_S} s for a file`);
    if (files.length < LEAST_FILES) return;
    const sum = files.reduce((total, { seconds }) => total + seconds, 0);
    const verdict = sum > BUDGET_S ? "over the budget" : "of a budget";
    say(`all files together took ${sum.toFixed(0)} s, ${verdict} of ${BUDGET_S} s`);
  }
}

function say(what: string): void {
  console.log(`Time: ${what} (docs/performance.md#tests)`);
}
