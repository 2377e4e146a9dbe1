import { readFileSync } from "node:fs";
import path from "node:path";

// `cli/` in a checkout and `dist/` in the package are both one below it.
const packageFolder = path.resolve(import.meta.dirname, "..");

export const WORKER_PATH = path.join(packageFolder, "dist/worker.js");

/** What the build keeps of wrangler.toml. */
export interface WorkerManifest {
  readonly compatibilityDate: string;
  /** Settings and their defaults. */
  readonly vars: Readonly<Record<string, string>>;
  readonly configuration: Readonly<Record<string, unknown>>;
}

/** @throws Error when nothing has been built */
export function readManifest(): WorkerManifest {
  return JSON.parse(readFileSync(path.join(packageFolder, "dist/worker.json"), "utf8"));
}

interface PackageJson {
  readonly version: string;
  readonly peerDependencies: { readonly workerd: string };
  readonly devDependencies: { readonly wrangler: string };
}

function readPackage(): PackageJson {
  return JSON.parse(readFileSync(path.join(packageFolder, "package.json"), "utf8"));
}

export function readVersion(): string {
  return readPackage().version;
}

/** Of the workerd that this was tested with. */
export function readWorkerdVersion(): string {
  return readPackage().peerDependencies.workerd;
}

/** Of the Wrangler that this was tested with. */
export function readWranglerVersion(): string {
  return readPackage().devDependencies.wrangler;
}
