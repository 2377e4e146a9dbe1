import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that take seconds, from the longest on: what Vitest does not know in a fresh checkout, where it goes by the files' sizes. */
const LONG = [
  "storage/big-objects-model",
  "operations/encryption-matrix",
  "storage/request-cost",
  "faults/append-faults",
  "test/aws-answers",
  "storage/bucket-index",
  "black-box/check-damage",
  "black-box/version-skew",
  "black-box/serve-moto",
  "black-box/backup",
  "black-box/serve",
  "black-box/package",
  "black-box/faults",
  "black-box/sdk-keys",
  "campaign/kill",
].map((name) => `/${name}.test.ts`);

/** Begins each project with the files that take longest, so that no core waits at the end for one that began last. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const projects = [...new Set(sorted.map(({ project }) => project.name))];
    const placeOf = ({ project, moduleId }: TestSpecification): number => {
      const at = LONG.findIndex((name) => moduleId.endsWith(name));
      return projects.indexOf(project.name) * (LONG.length + 1) + (at < 0 ? LONG.length : at);
    };
    return sorted.toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}
