import { setFlagsFromString } from "node:v8";
import type { ServeOptions } from "./arguments.ts";
import { holdNursery } from "./nursery.ts";
import { flushLog, heldUntilReady, jsonOutput, terminalOutput } from "./output.ts";
import { startServer } from "./start-server.ts";

/**
 * All of V8's heap is collected when it has grown by so much since the last time; the chunks of uploads count, too. With its own
 * choice, that was for each 15 MiB that came in, a quarter of the CPU time of an upload of 10 MiB (measured 2026-11).
 */
const HEAP_GROWTH = "--heap-growing-percent=150";

/**
 * Serves until a signal comes, and then until the open requests are answered.
 *
 * @throws UserError when it cannot start
 */
export async function serve(options: ServeOptions): Promise<void> {
  const output = heldUntilReady(process.stdout.isTTY ? terminalOutput : jsonOutput);
  process.once("exit", flushLog);
  // Whoever read the log may have gone; the server is still of use.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  // Nobody knows what state it would go on with.
  process.on("uncaughtException", (error) => {
    output.workerError(`Ledge ends, by a fault of its own: ${error.stack ?? error.message}`);
    process.exit(1);
  });
  // What this process makes, and any that it starts, is nobody else's to read.
  process.umask(0o077);
  setFlagsFromString(HEAP_GROWTH);
  holdNursery();
  const server = await startServer(options, output);
  let isStopping = false;
  onStop(options, () => {
    if (isStopping) return;
    isStopping = true;
    output.progress("Stopping: open requests are being answered.");
    server.stop();
  });
  output.ready(server.announcement);
  await server.ended;
}

function onStop({ stopsOnStdinEnd }: ServeOptions, stop: () => void): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  if (stopsOnStdinEnd) process.stdin.once("end", stop).resume();
  if (process.env["npm_lifecycle_event"] !== undefined) onceOrphaned(stop);
}

/** A signal that ends `npx` or `npm start` goes no further than npm and its shell, so their end has to do for one. */
function onceOrphaned(stop: () => void): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) stop();
  }, 500).unref();
}
