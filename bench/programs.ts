import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseEnv } from "node:util";
import { DEFAULT_CREDENTIALS } from "../cli/credentials.ts";
import type { Credentials } from "../test/support/raw-signer.ts";
import { HOST, type Program, projectFolder } from "./server.ts";

/** Of every server that can be told: those that `npm run dev` has, the developer's own or the published ones. */
export const CREDENTIALS: Credentials = readCredentials();

function readCredentials(): Credentials {
  const file = path.join(projectFolder, ".dev.vars");
  if (!existsSync(file)) return DEFAULT_CREDENTIALS;
  const { ROOT_ACCESS_KEY_ID = "", ROOT_SECRET_ACCESS_KEY = "" } = parseEnv(
    readFileSync(file, "utf8"),
  );
  return { accessKeyId: ROOT_ACCESS_KEY_ID, secretAccessKey: ROOT_SECRET_ACCESS_KEY };
}

const ROOT_ENV = {
  ROOT_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  ROOT_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
};

/** What overwrites leave behind goes after seconds, not an hour, so that its deletion is measured too. */
const SETTINGS = ["GARBAGE_DELAY_SECONDS:5", "LOG_REQUESTS:false"];

function ledgeFlags(port: number, data: string): readonly string[] {
  const settings = SETTINGS.flatMap((setting) => ["--var", setting]);
  return ["--port", String(port), "--data", data, "--quiet", ...settings];
}

export type Runtime = "node" | "workerd";

/** `ledge serve` as the package has it: built once by {@link buildPackage}. */
export function ledgeServe(runtime: Runtime): Program {
  const program = path.join(projectFolder, "dist", "ledge.js");
  return {
    healthPath: "/_ledge/health",
    env: ROOT_ENV,
    command: (port, data) => [
      ...[process.execPath, program, "serve", "--runtime", runtime],
      ...ledgeFlags(port, data),
    ],
  };
}

export function buildPackage(): void {
  const build = path.join(projectFolder, "scripts", "build.ts");
  execFileSync(process.execPath, [build], { stdio: "inherit" });
}

/** It is an optional companion of `ledge serve`. */
export function hasWorkerd(): boolean {
  return existsSync(path.join(projectFolder, "node_modules", "workerd"));
}

/** `npm run dev`: wrangler and its stand-in for R2, as the bare Worker has them. */
export const LEDGE_DEV: Program = {
  healthPath: "/_ledge/health",
  env: { WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true" },
  command: (port, data) => [
    ...[process.execPath, path.join(projectFolder, "scripts", "dev.ts")],
    ...ledgeFlags(port, data),
  ],
};

/** A Worker of this folder under the flags that `npm run dev` gives to Ledge. */
export function wranglerDev(config: string, healthPath: string): Program {
  const wrangler = path.join(projectFolder, "node_modules", "wrangler", "bin", "wrangler.js");
  return {
    healthPath,
    env: { WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true" },
    command: (port, data) => [
      ...[process.execPath, wrangler, "dev", "--local"],
      ...["--config", path.join(import.meta.dirname, config)],
      ...["--ip", HOST, "--port", String(port), "--inspector-port", "0", "--persist-to", data],
      ...["--show-interactive-dev-session=false", "--log-level", "error"],
    ],
  };
}

/** What `bare-server.ts` is. */
export const BARE_SERVER: Program = {
  healthPath: "/",
  command: (port, data) => [
    ...[process.execPath, path.join(import.meta.dirname, "bare-server.ts")],
    ...[String(port), data],
  ],
};
