import { execFileSync } from "node:child_process";
import path from "node:path";

/** Of this process: Vitest loads this module anew for each project that has it. */
const built = globalThis as { isLedgeBuilt?: boolean };

/** `ledge serve` runs what has been built, and here that has to be what is being tested. */
export default function buildWorker(): void {
  if (built.isLedgeBuilt === true) return;
  const script = path.resolve(import.meta.dirname, "../../scripts/build.ts");
  execFileSync(process.execPath, [script, "worker"], { stdio: "inherit" });
  built.isLedgeBuilt = true;
}
