import { BUNDLE_BUDGET_BYTES, bundleSizeBytes } from "../scripts/bundle-size.ts";
import type { Measurement } from "./report.ts";

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
