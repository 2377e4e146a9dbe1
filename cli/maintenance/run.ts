import { messageOf, systemCode, UserError } from "../user-error.ts";
import type { MaintenanceCommand } from "./arguments.ts";

/** @returns the exit code @throws UserError for what its user can put right, such as a disk that is full */
export async function runMaintenance(command: MaintenanceCommand): Promise<number> {
  try {
    return await run(command);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    throw new UserError(messageOf(error));
  }
}

/** What a server has no need of is loaded only for these. */
async function run(command: MaintenanceCommand): Promise<number> {
  if (command.name === "check") return (await import("./check.ts")).check(command.options);
  if (command.name === "backup")
    return (await import("./backup/commands.ts")).backUp(command.options);
  if (command.name === "restore")
    return (await import("./backup/commands.ts")).restore(command.options);
  process.stdout.write(command.text);
  return 0;
}
