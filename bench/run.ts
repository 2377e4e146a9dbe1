/**
 * `npm run bench [-- --only throughput|cpu|multipart|references|listing|memory|bundle] [--case TEXT] [--seconds N] [--json]
 * [--against URL --access-key ID --secret-key SECRET]`
 *
 * Measures what `docs/performance.md` states, against a bare Worker on the same machine: ratios carry over to other
 * machines, figures do not. `--against` lets another S3 server, which runs already, take part in the throughput cases;
 * it has to be without a bucket `bench`. Exit code 1 when a target is missed.
 */
import { parseArgs } from "node:util";
import { measureBundle } from "./bundle.ts";
import { measureCpu } from "./cpu.ts";
import { measureListing } from "./listing.ts";
import { measureMemory } from "./memory.ts";
import { measureMultipart } from "./multipart.ts";
import { measureReferences } from "./references.ts";
import { type Measurement, renderTable } from "./report.ts";
import { measureThroughput, type OtherServer } from "./throughput.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    /** Only the throughput cases whose names contain it. */
    case: { type: "string", default: "" },
    /** Of one round of one case on one of the servers; there are seven rounds. */
    seconds: { type: "string", default: "1.5" },
    against: { type: "string" },
    "access-key": { type: "string", default: "" },
    "secret-key": { type: "string", default: "" },
    json: { type: "boolean", default: false },
  },
});

const SUITES: Readonly<Record<string, () => Promise<readonly Measurement[]>>> = {
  bundle: measureBundle,
  listing: measureListing,
  throughput: () => measureThroughput(Number(values.seconds), values.case, otherServer()),
  multipart: measureMultipart,
  references: measureReferences,
  cpu: () => measureCpu(Number(values.seconds)),
  memory: measureMemory,
};

/** It is not ours to start, nor to stop. */
function otherServer(): OtherServer | undefined {
  if (values.against === undefined) return undefined;
  const { hostname: host, port } = new URL(values.against);
  const server = { host, port: Number(port), pid: 0, [Symbol.asyncDispose]: async () => {} };
  const credentials = {
    accessKeyId: values["access-key"],
    secretAccessKey: values["secret-key"],
  };
  return { server, credentials };
}

const { only } = values;
if (only !== undefined && !Object.hasOwn(SUITES, only)) {
  console.error(`--only ${only} is none of ${Object.keys(SUITES).join(", ")}`);
  process.exit(2);
}

const results: Record<string, readonly Measurement[]> = {};
for (const [name, measure] of Object.entries(SUITES)) {
  if (only !== undefined && name !== only) continue;
  const measurements = await measure();
  results[name] = measurements;
  if (!values.json) console.log(renderTable(name, measurements));
}
if (values.json) console.log(JSON.stringify(results, undefined, 2));
if (Object.values(results).some((suite) => suite.some(({ isMet }) => isMet === false)))
  process.exitCode = 1;
