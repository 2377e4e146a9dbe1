/** Takes a line of the log, JSON as `src/lib/log.ts` writes it. */
export type LogSink = (level: "error" | "log" | "warn", line: string) => void;

const realConsole = globalThis.console;

/** Of the process, as a console is. */
let sink: LogSink = (level, line) => realConsole[level](line);

/** From now on the log goes there instead of to the process's console. */
export function logTo(newSink: LogSink): void {
  sink = newSink;
}

/** The `console` of everything in the bundle. */
export const console = {
  error: (line: unknown): void => sink("error", String(line)),
  log: (line: unknown): void => sink("log", String(line)),
  warn: (line: unknown): void => sink("warn", String(line)),
};
