import { readFileSync } from "node:fs";
import { systemCode } from "./user-error.ts";

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Alive, but another user's.
    return systemCode(error) === "EPERM";
  }
}

/**
 * When a process started, in no particular format: with its id, what tells it from a later process of the same id.
 * Ids come again soon in containers, where a server may be process 1 at every start.
 *
 * @returns undefined where the platform does not say
 */
export function startOf(pid: number): string | undefined {
  try {
    return process.platform === "linux" ? linuxStart(pid) : psStart(pid);
  } catch {
    return undefined;
  }
}

/** Source: proc_pid_stat(5), field 22; the command's name, field 2, may itself hold spaces and parentheses. */
function linuxStart(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return ticks === undefined ? undefined : `${boot} ${ticks}`;
}

function psStart(pid: number): string {
  // Not an import: it takes 5 ms of each start, and on Linux it is not needed.
  const { execFileSync } = process.getBuiltinModule("node:child_process");
  return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
}
