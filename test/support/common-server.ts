import type { TestProject } from "vitest/node";
import buildWorker from "./build-worker.ts";
import { type LedgeProcess, type Server, startLedge } from "./ledge-process.ts";

/** What a suite has to know of a server that it neither starts nor ends: `inject("ledge")`. */
type CommonServer = Pick<LedgeProcess, "endpoint" | "port" | "credentials">;

declare module "vitest" {
  interface ProvidedContext {
    /** One server for all suites that need no settings of their own, and kill nobody. */
    ledge: CommonServer;
  }
}

/** Global setup of the black box: what is tested is built, and runs. */
export default async function startCommonServer(project: TestProject) {
  buildWorker();
  const server = project.config.env["LEDGE_SERVER"] as Server;
  const ledge = await startLedge({ server });
  const { endpoint, port, credentials } = ledge;
  project.provide("ledge", { endpoint, port, credentials });
  return () => ledge.stop();
}
