import path from "node:path";
import type { BuildOptions } from "esbuild";

/** How the Worker becomes one module, as `wrangler deploy --minify` makes it: for the package, and to be weighed. */
export const WORKER_BUNDLE = {
  entryPoints: [path.resolve(import.meta.dirname, "../src/index.ts")],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2024",
  platform: "browser",
  conditions: ["workerd", "worker", "browser"],
  external: ["cloudflare:*", "node:*"],
} as const satisfies BuildOptions;
