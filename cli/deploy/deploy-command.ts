import { deploy } from "./deploy.ts";
import { DEPLOY_HELP, readDeployOptions } from "./deploy-options.ts";

export async function deployCommand(args: readonly string[]): Promise<void> {
  const options = readDeployOptions(args);
  if (options === "help") process.stdout.write(DEPLOY_HELP);
  else await deploy(options);
}
