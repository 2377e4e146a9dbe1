import { HELP, readCommand } from "./arguments.ts";
import { readVersion } from "./package-files.ts";
import { runMaintenance } from "./maintenance/run.ts";
import { serve } from "./serve.ts";
import { UserError } from "./user-error.ts";

/** Runs the command, and ends the process with it: exit code 0, or the command's own, or 2 for what its user can put right. */
export async function runCommand(): Promise<never> {
  try {
    const [name, ...args] = process.argv.slice(2);
    if (name === "deploy") {
      // What few need is loaded only for them.
      const { deployCommand } = await import("./deploy/deploy-command.ts");
      await deployCommand(args);
      process.exit(0);
    }
    const command = readCommand(process.argv.slice(2), process.env);
    if (command.name === "help") process.stdout.write(HELP);
    else if (command.name === "version") console.log(readVersion());
    else if (command.name === "serve") await serve(command.options);
    else process.exit(await runMaintenance(command));
    process.exit(0);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(`ledge: ${error.message}`);
    process.exit(2);
  }
}
