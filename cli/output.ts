import { styleText } from "node:util";

/** What there is to tell once the server answers. */
export interface Announcement {
  readonly version: string;
  readonly endpoint: string;
  readonly region: string;
  /** e.g. `s3.localhost`; undefined: path style only. */
  readonly virtualHostSuffix: string | undefined;
  readonly accessKeyId: string;
  /** Left out if it is the user's own: logs are kept. */
  readonly secretAccessKey: string | undefined;
  readonly data: string;
  /** Of the file that clients are to trust, if the server made its certificate itself. */
  readonly certificate: string | undefined;
  /** Whether what is acknowledged is on the disk first. */
  readonly fsync: boolean;
  readonly runtime: string;
}

/** Where the server tells what goes on: to people on a terminal, in lines of JSON to anything else. */
export interface Output {
  ready(announcement: Announcement): void;
  progress(message: string): void;
  warn(message: string): void;
  /** A line that the Worker wrote, JSON or not. */
  workerLog(line: string): void;
  workerError(line: string): void;
}

/** Lines of the log, written once for all that came in a turn of the event loop. */
let lines = "";

function writeLog(line: string): void {
  if (lines === "") setImmediate(flushLog);
  lines += `${line}\n`;
}

/** What is not written yet; a process that ends has no next turn. */
export function flushLog(): void {
  if (lines !== "") process.stdout.write(lines);
  lines = "";
}

/**
 * Holds back what standard output would show before the server is ready, such as the requests that make buckets: whoever
 * started it reads the first line.
 */
export function heldUntilReady(output: Output): Output {
  let held: (() => void)[] | undefined = [];
  return {
    ...output,
    ready(announcement) {
      output.ready(announcement);
      const shows = held ?? [];
      held = undefined;
      for (const show of shows) show();
    },
    progress(message) {
      if (held === undefined) output.progress(message);
      else held.push(() => output.progress(message));
    },
    workerLog(line) {
      if (held === undefined) output.workerLog(line);
      else held.push(() => output.workerLog(line));
    },
  };
}

export const jsonOutput: Output = {
  ready(announcement) {
    writeLine({ event: "ready", ...announcement, try: firstCommand(announcement) });
  },
  progress(message) {
    writeLine({ event: "progress", message });
  },
  warn(message) {
    console.error(JSON.stringify({ event: "warning", message }));
  },
  workerLog: writeLog,
  workerError(line) {
    console.error(
      parse(line) === undefined ? JSON.stringify({ event: "error", message: line }) : line,
    );
  },
};

/** Works when it is pasted into a shell. */
function firstCommand(announcement: Announcement): string {
  const { endpoint, region, accessKeyId, secretAccessKey, certificate } = announcement;
  const variables = {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey ?? "...",
    AWS_DEFAULT_REGION: region,
    ...(certificate !== undefined && {
      AWS_CA_BUNDLE: `'${certificate.replaceAll("'", "'\\''")}'`,
    }),
  };
  const environment = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return [...environment, "aws --endpoint-url", endpoint, "s3 mb s3://my-bucket"].join(" ");
}

function writeLine(event: object): void {
  console.log(JSON.stringify(event));
}

export const terminalOutput: Output = {
  ready(announcement) {
    const { version, endpoint, virtualHostSuffix, region, data, fsync } = announcement;
    const { accessKeyId, secretAccessKey, certificate } = announcement;
    const url = new URL(endpoint);
    const bucketUrl = `${url.protocol}//BUCKET.${virtualHostSuffix}:${url.port}`;
    const virtualHost =
      virtualHostSuffix === undefined ? "" : `  Buckets             ${bucketUrl}, or by path\n`;
    const notSynced = fsync
      ? ""
      : ", not synced: a loss of power may take back what was acknowledged";
    const trusted = certificate === undefined ? "" : `  Certificate         ${certificate}\n`;
    console.log(`
${styleText("bold", `Ledge ${version} is ready.`)}

  Endpoint            ${endpoint}
${virtualHost}  Region              ${region}
  Access key id       ${accessKeyId}
  Secret access key   ${secretAccessKey ?? "(yours)"}
  Data                ${data}${notSynced}
${trusted}
Try it:

  ${firstCommand(announcement)}
`);
  },
  progress(message) {
    console.log(message);
  },
  warn(message) {
    console.error(styleText(["bold", "red"], `Warning: ${message}`, { stream: process.stderr }));
  },
  workerLog(line) {
    const event = parse(line);
    if (event?.event === "request") console.log(requestLine(event));
    // What a server does in its own time, as it should, is for whoever collects its log.
    else if (event?.event === "job" && event.outcome === "done") return;
    else console.log(event?.event === "object" ? objectLine(event) : printable(line));
  },
  workerError(line) {
    const { event, requestId = "", cause } = parse(line) ?? {};
    const what = cause === undefined ? [line] : [`${event} ${requestId}`, ...cause.split("\n")];
    console.error(styleText("red", what.map(printable).join("\n"), { stream: process.stderr }));
  },
};

/** Of a server within the tests of another project: only what went wrong is of interest there. */
export const testOutput: Output = {
  ready() {},
  progress() {},
  warn(message) {
    console.error(`Ledge: ${message}`);
  },
  workerLog() {},
  workerError(line) {
    console.error(`Ledge: ${line}`);
  },
};

/** What the Worker logs: requests (src/http/request-log.ts), and the causes of internal errors. */
interface WorkerEvent {
  readonly event: string;
  readonly time?: string;
  readonly method?: string;
  readonly operation?: string;
  readonly bucket?: string;
  readonly key?: string;
  readonly status?: number;
  readonly code?: string;
  readonly bytesIn?: number;
  readonly bytesOut?: number;
  readonly durationMs?: number;
  /** What happened to an object. */
  readonly name?: string;
  readonly size?: number;
  readonly versionId?: string;
  readonly requestId?: string;
  /** Of what a job did. */
  readonly outcome?: string;
  readonly cause?: string;
}

function parse(line: string): WorkerEvent | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && "event" in value
      ? (value as WorkerEvent)
      : undefined;
  } catch {
    return undefined;
  }
}

/** One line about one request. */
export function requestLine(event: WorkerEvent): string {
  const { method = "", operation = "", bucket, key, status = 0, code = "" } = event;
  const { bytesIn = 0, bytesOut = 0, durationMs } = event;
  const path = `/${bucket ?? ""}${key === undefined ? "" : `/${key}`}`;
  const time = new Date(event.time ?? Date.now()).toTimeString().slice(0, 8);
  const color = status < 300 ? "green" : status < 400 ? "cyan" : status < 500 ? "yellow" : "red";
  const sent = bytesIn === 0 ? "" : `${bytesIn} B in`;
  const received = bytesOut === 0 ? "" : `${bytesOut} B out`;
  const words = [`${durationMs} ms`, sent, received, operation, code];
  const rest = words.filter((word) => word !== "").join("  ");
  const what = `${method.padEnd(6)} ${printable(path)}`;
  return `${styleText("dim", time)}  ${styleText(color, String(status))}  ${what}  ${styleText("dim", rest)}`;
}

/** One line about what happened to an object. */
export function objectLine(event: WorkerEvent): string {
  const { name = "", bucket = "", key = "", size, versionId = "" } = event;
  const rest = [size === undefined ? "" : `${size} B`, versionId].filter((word) => word !== "");
  const what = `${styleText("magenta", name)}  ${printable(`${bucket}/${key}`)}`;
  const time = new Date().toTimeString().slice(0, 8);
  return `${styleText("dim", time)}  ${what}  ${styleText("dim", rest.join("  "))}`;
}

/** A key may hold what moves a terminal's cursor, or worse. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}
