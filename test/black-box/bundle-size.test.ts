import { expect, test } from "vitest";
import { BUNDLE_BUDGET_BYTES, bundleSizeBytes } from "../../scripts/bundle-size.ts";

test("the Worker stays within its size budget, minified and gzipped", async () => {
  expect(await bundleSizeBytes()).toBeLessThanOrEqual(BUNDLE_BUDGET_BYTES);
});
