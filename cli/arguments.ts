import { parseArgs, type ParseArgsConfig } from "node:util";
import { credentials, DEFAULT_CREDENTIALS } from "./credentials.ts";
import type { KeyPair } from "./key-pair.ts";
import { type MaintenanceCommand, readMaintenanceCommand } from "./maintenance/arguments.ts";
import { assignedSettings } from "./assigned-settings.ts";
import { messageOf, UserError } from "./user-error.ts";

const MOST_SECONDS = 3600;

export const HELP = `Ledge: an S3 server on this machine.

  ledge serve [options]

  --port N                      port, 0 for any free one (8787)
  --host ADDRESS                address to listen on (127.0.0.1)
  --data FOLDER                 where buckets and objects are kept (.ledge)
  --region NAME                 region of new buckets (us-east-1)
  --virtual-host SUFFIX         BUCKET.SUFFIX names a bucket; "" for path style only (s3.localhost)
  --access-key ID               access key id; also $ROOT_ACCESS_KEY_ID, or $MINIO_ROOT_USER
                                (${DEFAULT_CREDENTIALS.accessKeyId})
  --secret-key SECRET           secret access key; better in $ROOT_SECRET_ACCESS_KEY, or $MINIO_ROOT_PASSWORD, as any
                                user of the machine sees a command line with ps (${DEFAULT_CREDENTIALS.secretAccessKey})
  --accounts FILE               other accounts and their keys (JSON), which are made; those of an earlier file go
  --bucket NAME                 make this bucket if it is not there, repeatable
  --kms-key ID                  a KMS key that every account has, repeatable
  --event-target NAME=URL       a webhook that buckets may notify, as arn:ledge:webhook:us-east-1:000000000000:NAME,
                                repeatable; all of them, with secrets, also as JSON in $EVENT_TARGETS
  --metrics-token TOKEN         what /_ledge/metrics is read with; better in $METRICS_TOKEN, as any user of the machine sees
                                a command line
  --tls                         serve HTTPS with a certificate that is made, and kept in the data folder
  --tls-cert FILE               serve HTTPS with this certificate chain (PEM) ...
  --tls-key FILE                ... and its private key
  --fsync true|false            whether what is acknowledged is on the disk first (true); if not, a loss of power may
                                take it back
  --runtime node|workerd        what the Worker runs on: this process, or Cloudflare's runtime, if it is installed (node)
  --quiet                       log no requests
  --events                      log what happens to objects, one line an event
  --stop-within SECONDS         how long open requests, and then waiting events, may take once a signal comes (8);
                                what is left is told of at the next start
  --var NAME:VALUE              another setting of the Worker, repeatable
  --allow-default-credentials   with the published credentials, listen beyond this machine, and answer under any
                                host name and to pages of other sites
  --stop-on-stdin-end           stop when standard input ends

  ledge check [options]         look for damage: ledge check --help
  ledge backup BUCKET PLACE     copy a bucket, or --all, into a folder, or another S3 server: ledge backup --help
  ledge restore PLACE BUCKET    and put it back: ledge restore --help
  ledge deploy [options]        to your account at Cloudflare; see ledge deploy --help

  ledge --help
  ledge --version
`;

/** Every option, and its default if it has a fixed one. */
export const OPTIONS = {
  port: { type: "string", default: "8787" },
  host: { type: "string", default: "127.0.0.1" },
  data: { type: "string", default: ".ledge" },
  region: { type: "string" },
  "virtual-host": { type: "string" },
  "access-key": { type: "string" },
  "secret-key": { type: "string" },
  accounts: { type: "string" },
  bucket: { type: "string", multiple: true, default: [] as string[] },
  "kms-key": { type: "string", multiple: true, default: [] as string[] },
  "event-target": { type: "string", multiple: true, default: [] as string[] },
  "metrics-token": { type: "string" },
  tls: { type: "boolean", default: false },
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  fsync: { type: "string", default: "true" },
  runtime: { type: "string", default: "node" },
  quiet: { type: "boolean", default: false },
  events: { type: "boolean", default: false },
  "stop-within": { type: "string", default: "8" },
  var: { type: "string", multiple: true, default: [] as string[] },
  "allow-default-credentials": { type: "boolean", default: false },
  "stop-on-stdin-end": { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
  version: { type: "boolean", short: "v", default: false },
} satisfies ParseArgsConfig["options"];

export interface ServeOptions {
  readonly port: number;
  readonly host: string;
  readonly dataFolder: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly tls: KeyPair | "own" | undefined;
  /** Of the accounts beside the deployment's own. */
  readonly accountsFile: string | undefined;
  /** Made at start, unless they are there. */
  readonly buckets: readonly string[];
  /** JSON of whom buckets may notify; empty: nobody. */
  readonly eventTargets: string;
  /** JSON by ARN; empty: none. */
  readonly replicationTargets: string;
  /** Empty: metrics are the root's alone. */
  readonly metricsToken: string;
  readonly runtime: "node" | "workerd";
  /** Whether what is acknowledged is on the disk first. */
  readonly isSynced: boolean;
  readonly isQuiet: boolean;
  /** How long what is under way may take once the server stops. */
  readonly stopWithinMs: number;
  readonly allowsDefaultCredentials: boolean;
  readonly stopsOnStdinEnd: boolean;
  /** It serves only who looks into the data folder, and does nothing in its own time. */
  readonly isAtRest?: boolean;
  /** Settings of wrangler.toml that were given, by name. */
  readonly settings: Readonly<Record<string, string>>;
}

export type Command =
  | { readonly name: "help" }
  | { readonly name: "version" }
  | { readonly name: "serve"; readonly options: ServeOptions }
  | MaintenanceCommand;

/** Whether anybody knows the secret. */
export function hasPublishedSecret({ secretAccessKey }: ServeOptions): boolean {
  return secretAccessKey === DEFAULT_CREDENTIALS.secretAccessKey;
}

/**
 * What the Worker has to know to refuse the requests of other sites' pages, which could be signed with the published
 * secret (src/http/own-host.ts).
 */
export function ownHostSetting(options: ServeOptions): Readonly<Record<string, string>> {
  if (!hasPublishedSecret(options) || options.allowsDefaultCredentials) return {};
  return { OWN_HOST: options.host };
}

/** @throws UserError for anything that HELP does not name */
export function readCommand(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Command {
  const maintenance = readMaintenanceCommand(args, env);
  if (maintenance !== undefined) return maintenance;
  const { values, positionals } = parse(args);
  if (values.help) return { name: "help" };
  if (values.version) return { name: "version" };
  const [command, ...rest] = positionals;
  if (command === undefined) return { name: "help" };
  if (command !== "serve" || rest.length > 0)
    throw new UserError(`"${positionals.join(" ")}" is no command; see ledge --help`);

  const settings = assignedSettings(values.var);
  if (values.region !== undefined) settings["REGION"] = values.region;
  if (values["virtual-host"] !== undefined)
    settings["VIRTUAL_HOST_SUFFIX"] = values["virtual-host"];
  if (values["kms-key"].length > 0) settings["KMS_KEYS"] = values["kms-key"].join(",");
  if (values.events) settings["LOG_EVENTS"] = "true";
  return {
    name: "serve",
    options: {
      port: portNumber(values.port),
      host: values.host,
      dataFolder: values.data,
      ...credentials(values["access-key"], values["secret-key"], env),
      tls: keyPair(values.tls, values["tls-cert"], values["tls-key"]),
      accountsFile: values.accounts,
      buckets: values.bucket,
      replicationTargets: env["REPLICATION_TARGETS"] ?? "",
      eventTargets: eventTargets(values["event-target"], settings, env["EVENT_TARGETS"]),
      metricsToken: values["metrics-token"] ?? env["METRICS_TOKEN"] ?? "",
      runtime: oneOf("--runtime", values.runtime, ["node", "workerd"]),
      isSynced: oneOf("--fsync", values.fsync, ["true", "false"]) === "true",
      isQuiet: values.quiet,
      stopWithinMs: 1000 * seconds("--stop-within", values["stop-within"]),
      allowsDefaultCredentials: values["allow-default-credentials"],
      stopsOnStdinEnd: values["stop-on-stdin-end"],
      settings,
    },
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: OPTIONS,
    });
  } catch (error) {
    const [sentence] = messageOf(error).split(". ");
    throw new UserError(`${sentence}; see ledge --help`);
  }
}

/** @param declared JSON of others, with their secrets */
function eventTargets(
  assignments: readonly string[],
  { REGION = "us-east-1", ACCOUNT_ID = "000000000000" }: Readonly<Record<string, string>>,
  declared = "",
): string {
  if (assignments.length === 0) return declared;
  const webhooks = assignments.map((assignment) => {
    const [, name, url] = /^([\w-]+)=(.+)$/s.exec(assignment) ?? [];
    if (name === undefined) throw new UserError(`--event-target ${assignment} is not NAME=URL`);
    return [`arn:ledge:webhook:${REGION}:${ACCOUNT_ID}:${name}`, { url }];
  });
  try {
    const others = declared === "" ? {} : (JSON.parse(declared) as object);
    return JSON.stringify({ ...others, ...Object.fromEntries(webhooks) });
  } catch {
    throw new UserError("$EVENT_TARGETS is not a JSON object");
  }
}

function seconds(option: string, text: string): number {
  const number = Number(text);
  if (!/^\d{1,4}$/.test(text) || number < 1 || number > MOST_SECONDS)
    throw new UserError(`${option} ${text} is no number of seconds from 1 to ${MOST_SECONDS}`);
  return number;
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new UserError(`--port ${text} is not a port number`);
  return port;
}

function oneOf<T extends string>(option: string, value: string, choices: readonly T[]): T {
  const choice = choices.find((each) => each === value);
  if (choice === undefined)
    throw new UserError(`${option} ${value} is not ${choices.join(" or ")}`);
  return choice;
}

function keyPair(
  isOwn: boolean,
  certificatePath: string | undefined,
  keyPath: string | undefined,
): KeyPair | "own" | undefined {
  if (certificatePath !== undefined && keyPath !== undefined) return { certificatePath, keyPath };
  if (certificatePath === undefined && keyPath === undefined) return isOwn ? "own" : undefined;
  throw new UserError("--tls-cert and --tls-key go together");
}
