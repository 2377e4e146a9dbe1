import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { WORKER_BUNDLE } from "./worker-bundle.ts";

/**
 * What it had on 2026-11-26, 80.8 kB, 21.5 kB for policies and who may do what, 13.6 kB for ACLs, accounts, and forms, 6.0 kB
 * for CORS, websites, and documents that nobody decides with, 29.4 kB for IAM and the Query protocol, 34.4 kB for sessions, OIDC, KMS,
 * encryption, and the audit log, 12.6 kB for checks and repairs, 12.9 kB for backups, 4.9 kB for events
 * to AWS's services, 12.9 kB for replication, 3.6 kB for public lanes, 3.5 kB for R2's binding, 6.6 kB for access logs and for
 * what the Worker writes by itself, 3.2 kB for metrics and counts, 2.4 kB for the guard, traces, and
 * data points of a deployment, 3.0 kB for listeners, 4.9 kB for inventories, 5.0 kB for growing, 2.6 kB for what jobs tell,
 * for what the outbox keeps account of, for annotations that count, and for telling of bindings, 4.6 kB for targets that are
 * put, roles that replicate, locks on other servers, and imports, and a tenth. Whoever needs more says what for, and how much that takes.
 */
export const BUNDLE_BUDGET_BYTES = 295_200;

/** Size of the Worker as `wrangler deploy --minify` uploads it, gzipped. */
export async function bundleSizeBytes(): Promise<number> {
  const { outputFiles } = await build({ ...WORKER_BUNDLE, write: false });
  const [output] = outputFiles;
  if (output === undefined) throw new Error("esbuild made no file");
  return gzipSync(output.contents).byteLength;
}
