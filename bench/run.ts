/**
 * `npm run bench [-- --only SUITE] [--against minio,versitygw,s3rver] [--case TEXT] [--seconds N] [--rounds N]
 * [--data-root FOLDER] [--write | --json]`
 *
 * Measures what `docs/performance.md` states, beside other servers on the same machine: ratios carry over to other
 * machines, figures do not. Exit code 1 when a target is missed.
 */
import { parseArgs } from "node:util";
import { measureBackup } from "./backup.ts";
import { measureBundle } from "./bundle.ts";
import { measureCpu } from "./cpu.ts";
import { measureDeadWebhook } from "./dead-webhook.ts";
import { measureDecisions } from "./decisions.ts";
import { measureEdge } from "./edge.ts";
import { measureEncryption } from "./encryption.ts";
import { measureGenerator } from "./generator.ts";
import { measureGrowth } from "./growth.ts";
import { measureLifecycleScan } from "./lifecycle-scan.ts";
import { measureListing } from "./listing.ts";
import { measureManyKeys } from "./many-keys.ts";
import { measureMemory } from "./memory.ts";
import { measureReferences } from "./references.ts";
import { measureReplication } from "./replication.ts";
import { renderTable, type Table } from "./report.ts";
import { measureSideBySide } from "./side-by-side.ts";
import { writeTables } from "./write-tables.ts";

const { values } = parseArgs({
  options: {
    /** Without it, all suites; with `--against`, the one that it is for. */
    only: { type: "string" },
    /** Servers to be measured beside, which are found on the PATH or made. */
    against: { type: "string" },
    /** Only the cases whose names contain it. */
    case: { type: "string", default: "" },
    /** Of one round of one case on one of the servers. */
    seconds: { type: "string", default: "1.5" },
    rounds: { type: "string", default: "3" },
    /** Where the servers keep their data, e.g. `/dev/shm`; without it, the folder for temporary files. */
    "data-root": { type: "string" },
    /** Puts the tables into `docs/performance.md` as well. */
    write: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

const seconds = Number(values.seconds);
const SUITES: Readonly<Record<string, () => Promise<readonly Table[]>>> = {
  bundle: measureBundle,
  generator: () => measureGenerator(seconds),
  "side-by-side": () =>
    measureSideBySide({
      against: values.against === undefined ? [] : values.against.split(","),
      namePart: values.case,
      rounds: Number(values.rounds),
      seconds,
      dataRoot: values["data-root"],
    }),
  cpu: () => measureCpu(values.case, seconds),
  edge: () => measureEdge(values.case, seconds),
  encryption: () => measureEncryption(values.case, seconds),
  references: measureReferences,
  decisions: measureDecisions,
  listing: measureListing,
  "dead-webhook": measureDeadWebhook,
  lifecycle: measureLifecycleScan,
  growth: () => measureGrowth(seconds),
  backup: measureBackup,
  replication: measureReplication,
  "many-keys": () => measureManyKeys(seconds),
  memory: measureMemory,
};

/** A run in memory has tables of its own. */
function placeOf(suite: string): string {
  return values["data-root"] === undefined ? suite : `${suite}-in-memory`;
}

const only = values.only ?? (values.against === undefined ? undefined : "side-by-side");
if (only !== undefined && !Object.hasOwn(SUITES, only)) {
  console.error(`--only ${only} is none of ${Object.keys(SUITES).join(", ")}`);
  process.exit(2);
}

// Servers end with this process, which has to end by itself for it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.once(signal, () => process.exit(1));

const results: Record<string, readonly Table[]> = {};
for (const [name, measure] of Object.entries(SUITES)) {
  if (only !== undefined && name !== only) continue;
  const tables = await measure();
  results[name] = tables;
  if (values.write) writeTables(placeOf(name), tables);
  if (!values.json) for (const table of tables) console.log(renderTable(table, "text"));
}
if (values.json) console.log(JSON.stringify(results, undefined, 2));
const all = Object.values(results).flat();
if (all.some(({ measurements }) => measurements.some(({ isMet }) => isMet === false)))
  process.exitCode = 1;
