import { readFileSync } from "node:fs";

/**
 * How many files and connections this process may have open at once; undefined where the system does not tell by this way.
 *
 * Source: https://man7.org/linux/man-pages/man5/proc_pid_limits.5.html
 */
export function maxOpenFiles(): number | undefined {
  let limits: string;
  try {
    limits = readFileSync("/proc/self/limits", "latin1");
  } catch {
    return undefined;
  }
  const [, soft] = /^Max open files +(\d+)/m.exec(limits) ?? [];
  return soft === undefined ? undefined : Number(soft);
}
