import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { systemCode, UserError } from "../user-error.ts";
import type { Jurisdiction } from "./deploy-options.ts";

/** In the folder where the command runs, one for each `--name` but the default. */
export function deployFileOf(name: string): string {
  return name === "ledge" ? "ledge.deploy.json" : `${name}.deploy.json`;
}

/** What the next run need not be told, and what it is checked against. No secret is among it. */
export interface DeployFile {
  readonly name: string;
  readonly accountId: string;
  readonly bucket: string;
  readonly namespaceId: string;
  readonly jurisdiction?: Jurisdiction;
  readonly domain?: string;
  readonly endpoint?: string;
  readonly hasAnalytics?: boolean;
  readonly queues: Readonly<Record<string, string>>;
  readonly vars: Readonly<Record<string, string>>;
  /** What the R2 bucket says that it is of, once the Worker has been used. */
  readonly installationId?: string;
  /** A first deployment began, and nobody has been told its keys: they are made anew. */
  readonly isUnfinished?: boolean;
}

/** @throws UserError for a file that is something else */
export function readDeployFile(path: string): DeployFile | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
  try {
    const file = JSON.parse(text) as DeployFile;
    if (typeof file.name === "string" && typeof file.accountId === "string")
      return { ...file, queues: file.queues ?? {}, vars: file.vars ?? {} };
  } catch {
    // Told below.
  }
  throw new UserError(`${path} is not what "ledge deploy" wrote; put it right, or move it away`);
}

/** Whole or not at all. */
export function writeDeployFile(path: string, file: DeployFile): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(file, null, 2)}\n`);
  renameSync(`${path}.new`, path);
}
