import { execFileSync } from "node:child_process";
import path from "node:path";

/** `ledge serve` runs what has been built, and here that has to be what is being tested. */
export default function buildWorker(): void {
  const script = path.resolve(import.meta.dirname, "../../scripts/build.ts");
  execFileSync(process.execPath, [script, "worker"], { stdio: "inherit" });
}
