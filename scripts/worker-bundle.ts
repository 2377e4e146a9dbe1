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

const local = path.resolve(import.meta.dirname, "../local");

/** The same on the local platform, whose own classes stand for what workerd brings, and the programs of its threads. */
export const LOCAL_BUNDLE = {
  entryPoints: {
    local: path.join(local, "server.ts"),
    "checkpoint-thread": path.join(local, "durable-objects/checkpoint-thread.ts"),
    "blob-worker": path.join(local, "blobs/blob-worker.ts"),
  },
  bundle: true,
  // Names stay, for whoever reads a stack in the log, or debugs.
  minifySyntax: true,
  format: "esm",
  target: "node24.16",
  platform: "node",
  // Of modules only what is used comes along: of hash-wasm 17 kB of 255.
  mainFields: ["module", "main"],
  alias: { "cloudflare:workers": path.join(local, "cloudflare-workers.ts") },
  inject: [
    path.join(local, "http/globals.ts"),
    path.join(local, "streams/fixed-length-stream.ts"),
    path.join(local, "streams/digest-stream.ts"),
    path.join(local, "console.ts"),
  ],
  define: { "crypto.DigestStream": "DigestStream" },
} as const satisfies BuildOptions;
