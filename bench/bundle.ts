import { BUNDLE_BUDGET_BYTES, bundleSizeBytes } from "../scripts/bundle-size.ts";
import type { Table } from "./report.ts";

export async function measureBundle(): Promise<readonly Table[]> {
  const bytes = await bundleSizeBytes();
  const measurements = [
    {
      name: "src/index.ts, minified, gzipped",
      figures: { kB: (bytes / 1000).toFixed(1) },
      target: `≤ ${BUNDLE_BUDGET_BYTES / 1000}`,
      isMet: bytes <= BUNDLE_BUDGET_BYTES,
    },
  ];
  return [{ title: "Size", measurements }];
}
