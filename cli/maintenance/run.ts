import type { MaintenanceCommand } from "./arguments.ts";

/** What a server has no need of is loaded only for these. @returns the exit code */
export async function runMaintenance(command: MaintenanceCommand): Promise<number> {
  if (command.name === "check") return (await import("./check.ts")).check(command.options);
  process.stdout.write(command.text);
  return 0;
}
