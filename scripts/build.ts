/**
 * `node scripts/build.ts`: makes `dist/`, which the package holds. `node scripts/build.ts worker`: only what
 * `cli/ledge.ts` needs in a checkout.
 */
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { build, type BuildOptions } from "esbuild";
import { LOCAL_BUNDLE, WORKER_BUNDLE } from "./worker-bundle.ts";
import { workerManifest } from "./worker-manifest.ts";

const project = path.resolve(import.meta.dirname, "..");
const dist = path.join(project, "dist");
/** What is made is moved to `dist` file by file when it is whole: something may be running from there. */
const staging = mkdtempSync(path.join(project, "node_modules/.ledge-build-"));

/** The Worker as one module, and what wrangler.toml says of it. */
async function buildWorker(): Promise<void> {
  const toml = readFileSync(path.join(project, "wrangler.toml"), "utf8");
  writeFileSync(
    path.join(staging, "worker.json"),
    `${JSON.stringify(workerManifest(toml), null, 2)}\n`,
  );
  await build({ ...WORKER_BUNDLE, outfile: path.join(staging, "worker.js") });
}

/** The Worker and the local platform that it runs on, as one module: `#local` of package.json. */
async function buildLocal(): Promise<void> {
  await build({ ...LOCAL_BUNDLE, outdir: staging });
}

/** The command line and the helper for tests. */
async function buildPrograms(): Promise<void> {
  const common: BuildOptions = {
    outdir: staging,
    bundle: true,
    minifySyntax: true,
    platform: "node",
    // An older one is to tell that it is too old, for which it has to parse the command's first file.
    target: "node18",
    external: ["workerd"],
  };
  await build({
    ...common,
    entryPoints: [path.join(project, "cli/ledge.ts"), path.join(project, "cli/testing.ts")],
    format: "esm",
    // What both need, and what only some commands need, is in files of its own.
    splitting: true,
    chunkNames: "[name]-[hash]",
    external: ["workerd", "#local"],
    // What is CommonJS, as selfsigned, requires modules of Node's: esbuild asks for a `require`, which modules do not have.
    banner: {
      js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
    },
  });
  // Jest still loads CommonJS unless told otherwise, and lets nothing in it import a module.
  await build({
    ...common,
    entryPoints: [path.join(project, "cli/testing.ts")],
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    define: { "import.meta.dirname": "__dirname", "import.meta.url": "moduleUrl" },
    banner: { js: 'const moduleUrl = require("node:url").pathToFileURL(__filename).href;' },
  });
  // For Workers, which bundle what they import.
  await build({
    ...common,
    entryPoints: [path.join(project, "r2/r2.ts")],
    platform: "neutral",
    target: "es2024",
    format: "esm",
  });
  const flags = ["--declaration", "--emitDeclarationOnly", "--outDir", staging, "--ignoreConfig"];
  // What its users see imports nothing.
  const alone = ["--noCheck", "--noResolve", "--isolatedDeclarations"];
  const language = [...alone, "--module", "nodenext", "--target", "es2024", "--types", "node"];
  execFileSync(
    path.join(project, "node_modules/.bin/tsc"),
    [...flags, ...language, path.join(project, "cli/testing.ts")],
    { stdio: "inherit" },
  );
  execFileSync(
    path.join(project, "node_modules/.bin/tsc"),
    [...flags, ...language, path.join(project, "r2/r2.ts")],
    { stdio: "inherit" },
  );
  copyFileSync(path.join(staging, "testing.d.ts"), path.join(staging, "testing.d.cts"));
}

/** @returns the files' names */
function moveToDist(): string[] {
  mkdirSync(dist, { recursive: true });
  const names = readdirSync(staging);
  for (const name of names) renameSync(path.join(staging, name), path.join(dist, name));
  return names;
}

try {
  await Promise.all([buildWorker(), buildLocal()]);
  const made = new Set(moveToDist());
  if (process.argv[2] !== "worker") {
    // For CommonJS the helper holds `#local`, which is in `dist` by now.
    await buildPrograms();
    for (const name of moveToDist()) made.add(name);
    // Of an earlier build.
    for (const name of readdirSync(dist).filter((each) => !made.has(each)))
      rmSync(path.join(dist, name), { recursive: true });
  }
} finally {
  rmSync(staging, { recursive: true, force: true });
}
