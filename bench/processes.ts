import { existsSync, readdirSync, readFileSync } from "node:fs";

/** What `/proc/PID/stat` counts in, on every Linux of today. */
const TICKS_PER_SECOND = 100;

/** Whether this system tells of its processes; it says so if not. */
export function canSeeProcesses(suite: string): boolean {
  const isThere = existsSync("/proc/self/status");
  if (!isThere) console.error(`${suite}: skipped, there is no /proc on this machine`);
  return isThere;
}

/** What a process and all that descend from it use. */
export interface Usage {
  /** Since they began. */
  readonly cpuSeconds: number;
  readonly residentMib: number;
}

/** Zero without `/proc`. */
export function usageOf(ancestor: number): Usage {
  let cpuSeconds = 0;
  let residentMib = 0;
  for (const pid of familyOf(ancestor)) {
    try {
      cpuSeconds += cpuSecondsOf(pid);
      residentMib += residentMibOf(pid);
    } catch {
      // It has ended meanwhile.
    }
  }
  return { cpuSeconds, residentMib };
}

function familyOf(ancestor: number): ReadonlySet<number> {
  const family = new Set([ancestor]);
  if (!existsSync("/proc/self/status")) return family;
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const parents = pids.map((pid) => [Number(pid), parentOf(Number(pid))] as const);
  // Parents have not always the smaller id: repeat until nobody is added.
  for (let size = 0; size < family.size;) {
    size = family.size;
    for (const [pid, parent] of parents) if (family.has(parent)) family.add(pid);
  }
  return family;
}

/** Source: proc_pid_stat(5), fields 4, 14 and 15; the name in the second may hold anything. */
function statOf(pid: number): readonly string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function parentOf(pid: number): number {
  try {
    return Number(statOf(pid)[1]);
  } catch {
    return 0;
  }
}

function cpuSecondsOf(pid: number): number {
  const fields = statOf(pid);
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function residentMibOf(pid: number): number {
  const [, kib] = /^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kib ?? 0) / 1024;
}
