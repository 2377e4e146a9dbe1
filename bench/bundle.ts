import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { WORKER_BUNDLE } from "../scripts/worker-bundle.ts";
import type { Measurement } from "./report.ts";

export const BUNDLE_BUDGET_BYTES = 120_000;

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
