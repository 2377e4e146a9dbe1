import { existsSync, readdirSync, readFileSync } from "node:fs";

/** What `/proc/PID/stat` counts in, on every Linux of today. */
const TICKS_PER_SECOND = 100;

/** Says so if not. */
export function canSeeProcesses(suite: string): boolean {
  const isThere = existsSync("/proc/self/status");
  if (!isThere) console.error(`${suite}: skipped, there is no /proc on this machine`);
  return isThere;
}

/** All workerd processes that descend from this one, or are it. */
export function workerdProcesses(ancestor: number) {
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap(readProcess);
  const family = new Set([ancestor]);
  // Parents have not always the smaller id: repeat until nobody is added.
  for (let size = 0; size < family.size;) {
    size = family.size;
    for (const { pid, parent } of processes) if (family.has(parent)) family.add(pid);
  }
  return processes.filter(({ pid, name }) => name === "workerd" && family.has(pid));
}

function readProcess(id: string) {
  try {
    const status = readFileSync(`/proc/${id}/status`, "utf8");
    const field = (name: string): string =>
      new RegExp(`^${name}:\\s*(\\S+)`, "m").exec(status)?.[1] ?? "";
    const parent = Number(field("PPid"));
    return [{ pid: Number(id), name: field("Name"), parent, residentKib: Number(field("VmRSS")) }];
  } catch {
    // It has ended meanwhile.
    return [];
  }
}

/** CPU time that a process has used, in seconds. Source: proc_pid_stat(5), fields 14 and 15. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
