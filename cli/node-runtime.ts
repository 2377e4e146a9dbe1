import { statSync } from "node:fs";
import { cleanUp } from "./clean-up.ts";
import { listenFailure } from "./listen-address.ts";
import type { Plan, RunningServer } from "./runtime.ts";
import { workerSecrets } from "./worker-secrets.ts";

/** Runs the Worker in this process. */
export async function runOnNode(plan: Plan): Promise<RunningServer> {
  const { options, address, tls, folder, output } = plan;
  const { logTo, startLocalServer } = await import("#local");
  logTo((level, line) => (level === "log" ? output.workerLog(line) : output.workerError(line)));
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  const server = await startLocalServer({
    address,
    port: options.port,
    tls,
    indexPath: folder.indexPath,
    blobsPath: folder.blobsPath,
    roomPath: folder.roomPath,
    vars: { ...plan.vars, ...workerSecrets(plan) },
    isSynced: options.isSynced,
    isAtRest: options.isAtRest === true,
  }).catch((error: unknown) => {
    throw listenFailure(error, address, options.port);
  });
  // Written at each start, so what is older is an earlier server's.
  const startedMs = statSync(folder.formatPath).mtimeMs;
  const stopping = new AbortController();
  const cleaning =
    options.isAtRest === true
      ? Promise.resolve()
      : cleanUp(folder.blobsPath, startedMs, output, stopping.signal);
  return {
    port: server.port,
    ended,
    stop() {
      if (stopping.signal.aborted) return;
      stopping.abort();
      Promise.all([server.stop(options.stopWithinMs), cleaning]).then(() => resolve(), reject);
    },
  };
}
