import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { WORKER_BUNDLE } from "../scripts/worker-bundle.ts";
import type { Measurement } from "./report.ts";

/** What it had on 2026-11-26, 80.8 kB, and a tenth. Whoever needs more says what for, and how much that takes. */
export const BUNDLE_BUDGET_BYTES = 88_800;

/** Size of the Worker as `wrangler deploy --minify` uploads it, gzipped. */
export async function bundleSizeBytes(): Promise<number> {
  const { outputFiles } = await build({ ...WORKER_BUNDLE, write: false });
  const [output] = outputFiles;
  if (output === undefined) throw new Error("esbuild made no file");
  return gzipSync(output.contents).byteLength;
}

export async function measureBundle(): Promise<readonly Measurement[]> {
  const bytes = await bundleSizeBytes();
  return [
    {
      name: "src/index.ts, minified, gzipped",
      figures: { kB: (bytes / 1000).toFixed(1) },
      target: `≤ ${BUNDLE_BUDGET_BYTES / 1000}`,
      isMet: bytes <= BUNDLE_BUDGET_BYTES,
    },
  ];
}
