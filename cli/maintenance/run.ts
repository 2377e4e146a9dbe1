import type { MaintenanceCommand } from "./arguments.ts";

/** What a server has no need of is loaded only for these. @returns the exit code */
export async function runMaintenance(command: MaintenanceCommand): Promise<number> {
  if (command.name === "check") return (await import("./check.ts")).check(command.options);
  if (command.name === "backup")
    return (await import("./backup/commands.ts")).backUp(command.options);
  if (command.name === "restore")
    return (await import("./backup/commands.ts")).restore(command.options);
  process.stdout.write(command.text);
  return 0;
}
