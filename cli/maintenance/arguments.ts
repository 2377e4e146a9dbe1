import { parseArgs, type ParseArgsConfig } from "node:util";
import { assignedSettings } from "../assigned-settings.ts";
import { credentials } from "../credentials.ts";
import type { Endpoint } from "./signed-requests.ts";
import { messageOf, UserError } from "../user-error.ts";

/** Where the data are that a command is about. */
export interface Place {
  /** Of a data folder that no server has; undefined: of the server at the endpoint. */
  readonly dataFolder: string | undefined;
  /** Settings that its server is given, by name. */
  readonly settings: Readonly<Record<string, string>>;
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface CheckOptions {
  readonly place: Place;
  /** Empty: all of them. */
  readonly buckets: readonly string[];
  /** `<bucket>/<shard>`: those up to it were checked before. */
  readonly after: string | undefined;
  readonly isDeep: boolean;
  /** Undefined: nothing is to be repaired. */
  readonly repair: "do" | "show" | undefined;
  readonly isJson: boolean;
}

/** Where backups are kept. */
export type StorePlace =
  | { readonly kind: "folder"; readonly path: string }
  | {
      readonly kind: "s3";
      readonly endpoint: Endpoint;
      readonly bucket: string;
      readonly prefix: string;
    };

export interface BackupOptions {
  readonly place: Place;
  /** Undefined: all of them, and all accounts. */
  readonly bucket: string | undefined;
  readonly target: StorePlace;
}

export interface RestoreOptions {
  readonly place: Place;
  readonly source: StorePlace;
  /** Undefined: all of them, and all accounts. */
  readonly bucket: string | undefined;
  /** Another one that it is to have; undefined: as it was called. */
  readonly name: string | undefined;
  /** Undefined: the newest. */
  readonly snapshot: string | undefined;
  readonly isOnlyVerified: boolean;
}

export type MaintenanceCommand =
  | { readonly name: "maintenance help"; readonly text: string }
  | { readonly name: "check"; readonly options: CheckOptions }
  | { readonly name: "backup"; readonly options: BackupOptions }
  | { readonly name: "restore"; readonly options: RestoreOptions };

const PLACE_HELP = `
  --data FOLDER                 a data folder that no server has (.ledge)
  --var NAME:VALUE              a setting that its server is given, such as ACCOUNT_ID, repeatable
  --endpoint URL                or a running server, or a deployment, by the key of its root:
  --access-key ID               also $ROOT_ACCESS_KEY_ID
  --secret-key SECRET           better in $ROOT_SECRET_ACCESS_KEY
  --region NAME                 which its requests are signed for (us-east-1)
`;

const CHECK_HELP = `Looks for damage, and repairs it.

  ledge check [options]
${PLACE_HELP}
  --bucket NAME                 only this bucket, repeatable
  --after BUCKET/SHARD          go on behind this one, as an earlier run told
  --deep                        read all bytes, and compare them with their checksums
  --repair                      tell what would be repaired ...
  --yes                         ... and do it
  --json                        lines of JSON

Exit code 0: nothing is wrong, or everything that was is repaired; 1: something is wrong; 2: it could not be checked.
`;

const STORE_HELP = `
  --store-endpoint URL          S3 server of s3://... (AWS); its keys are in $AWS_ACCESS_KEY_ID, $AWS_SECRET_ACCESS_KEY,
                                and $AWS_REGION
`;

const BACKUP_HELP = `Copies a bucket, with all versions, into a folder or a bucket of an S3 server.

  ledge backup BUCKET FOLDER|s3://BUCKET[/PREFIX] [options]
  ledge backup --all FOLDER|s3://BUCKET[/PREFIX] [options]     all buckets, and all accounts
${PLACE_HELP}${STORE_HELP}
The same again copies what is new. What was interrupted goes on. Exit code 1: some versions were left out, since their bytes are lost.
`;

const RESTORE_HELP = `Puts a bucket back as it was backed up; one that is there already is never touched.

  ledge restore FOLDER|s3://BUCKET[/PREFIX] BUCKET [options]
  ledge restore --all FOLDER|s3://BUCKET[/PREFIX] [options]    all accounts, and all buckets
${PLACE_HELP}${STORE_HELP}
  --as NAME                     under another name
  --snapshot ID                 an earlier one, as ledge backup told (the newest)
  --verify                      only read the backup, and compare it with its checksums
`;

const PLACE_OPTIONS = {
  data: { type: "string" },
  var: { type: "string", multiple: true, default: [] as string[] },
  endpoint: { type: "string" },
  "access-key": { type: "string" },
  "secret-key": { type: "string" },
  region: { type: "string", default: "us-east-1" },
  help: { type: "boolean", short: "h", default: false },
} satisfies ParseArgsConfig["options"];

const STORE_OPTIONS = {
  ...PLACE_OPTIONS,
  all: { type: "boolean", default: false },
  "store-endpoint": { type: "string" },
} satisfies ParseArgsConfig["options"];

type Environment = Readonly<Record<string, string | undefined>>;

/** @returns undefined: it is another command @throws UserError for anything that its help does not name */
export function readMaintenanceCommand(
  [name, ...args]: readonly string[],
  env: Environment,
): MaintenanceCommand | undefined {
  const read = name === undefined ? undefined : READERS[name];
  return read?.(args, env);
}

const READERS: Readonly<
  Record<string, (args: readonly string[], env: Environment) => MaintenanceCommand>
> = { check: readCheck, backup: readBackup, restore: readRestore };

function readBackup(args: readonly string[], env: Environment): MaintenanceCommand {
  const { values, positionals } = parse("backup", () =>
    parseArgs({ args: [...args], allowPositionals: true, options: STORE_OPTIONS }),
  );
  if (values.help) return { name: "maintenance help", text: BACKUP_HELP };
  const [bucket, target, ...rest] = values.all ? ["", ...positionals] : positionals;
  if (bucket === undefined || target === undefined || rest.length > 0)
    throw new UserError(`${whatIsNeeded(values.all)}; see ledge backup --help`);
  const place = placeOf(values, env);
  const store = storePlace(target, values["store-endpoint"], env);
  return { name: "backup", options: { place, bucket: bucketName(bucket), target: store } };
}

function readRestore(args: readonly string[], env: Environment): MaintenanceCommand {
  const { values, positionals } = parse("restore", () =>
    parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...STORE_OPTIONS,
        as: { type: "string" },
        snapshot: { type: "string" },
        verify: { type: "boolean", default: false },
      },
    }),
  );
  if (values.help) return { name: "maintenance help", text: RESTORE_HELP };
  const [source, bucket, ...rest] = values.all ? [...positionals, ""] : positionals;
  if (bucket === undefined || source === undefined || rest.length > 0)
    throw new UserError(`${whatIsNeeded(values.all)}; see ledge restore --help`);
  if (values.all && values.as !== undefined)
    throw new UserError("--as goes with one bucket, not with --all");
  const { snapshot } = values;
  if (snapshot !== undefined && !/^\d{8}T\d{9}Z$/.test(snapshot))
    throw new UserError(`--snapshot ${snapshot} is not what ledge backup tells`);
  return {
    name: "restore",
    options: {
      place: placeOf(values, env),
      source: storePlace(source, values["store-endpoint"], env),
      bucket: bucketName(bucket),
      name: values.as,
      snapshot,
      isOnlyVerified: values.verify,
    },
  };
}

function whatIsNeeded(isAll: boolean): string {
  return isAll ? "with --all, a place is needed and no bucket" : "a bucket and a place are needed";
}

/** @param name empty: of all */
function bucketName(name: string): string | undefined {
  if (name === "") return undefined;
  return checkedBucketName(name);
}

function checkedBucketName(name: string): string {
  if (/^[a-z0-9][a-z0-9.-]{1,62}$/.test(name)) return name;
  throw new UserError(`${name} is no name of a bucket`);
}

function storePlace(text: string, endpoint: string | undefined, env: Environment): StorePlace {
  if (!text.startsWith("s3://")) return { kind: "folder", path: text };
  const [, bucket = "", prefix = ""] = /^s3:\/\/([^/]+)(?:\/(.*))?$/.exec(text) ?? [];
  const region = env["AWS_REGION"] ?? env["AWS_DEFAULT_REGION"] ?? "us-east-1";
  const accessKeyId = env["AWS_ACCESS_KEY_ID"] ?? "";
  const secretAccessKey = env["AWS_SECRET_ACCESS_KEY"] ?? "";
  if (accessKeyId === "" || secretAccessKey === "")
    throw new UserError(`${text} needs $AWS_ACCESS_KEY_ID and $AWS_SECRET_ACCESS_KEY`);
  const url = endpointUrl(endpoint ?? `https://s3.${region}.amazonaws.com`, "--store-endpoint");
  const server = { url, region, accessKeyId, secretAccessKey };
  return { kind: "s3", endpoint: server, bucket: checkedBucketName(bucket), prefix };
}

function endpointUrl(text: string, option: string): string {
  if (/^https?:\/\/[^/]+\/?$/.test(text)) return text.replace(/\/$/, "");
  throw new UserError(`${option} ${text} is not http://HOST or https://HOST`);
}

function readCheck(args: readonly string[], env: Environment): MaintenanceCommand {
  const { values, positionals } = parse("check", () =>
    parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...PLACE_OPTIONS,
        bucket: { type: "string", multiple: true, default: [] as string[] },
        after: { type: "string" },
        deep: { type: "boolean", default: false },
        repair: { type: "boolean", default: false },
        yes: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
      },
    }),
  );
  if (values.help) return { name: "maintenance help", text: CHECK_HELP };
  if (positionals.length > 0)
    throw new UserError(`"${positionals.join(" ")}" is too much; see ledge check --help`);
  if (values.yes && !values.repair) throw new UserError("--yes goes with --repair");
  return {
    name: "check",
    options: {
      place: placeOf(values, env),
      buckets: values.bucket,
      after: values.after,
      isDeep: values.deep,
      repair: values.repair ? (values.yes ? "do" : "show") : undefined,
      isJson: values.json,
    },
  };
}

interface PlaceValues {
  readonly data?: string | undefined;
  readonly var: readonly string[];
  readonly endpoint?: string | undefined;
  readonly "access-key"?: string | undefined;
  readonly "secret-key"?: string | undefined;
  readonly region: string;
}

function placeOf(values: PlaceValues, env: Environment): Place {
  const { data, endpoint, region } = values;
  if (data !== undefined && endpoint !== undefined)
    throw new UserError("--data and --endpoint do not go together");
  return {
    dataFolder: endpoint === undefined ? (data ?? ".ledge") : undefined,
    settings: assignedSettings(values.var),
    endpoint: endpoint === undefined ? "" : endpointUrl(endpoint, "--endpoint"),
    region,
    ...credentials(values["access-key"], values["secret-key"], env),
  };
}

function parse<T>(command: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const [sentence] = messageOf(error).split(". ");
    throw new UserError(`${sentence}; see ledge ${command} --help`);
  }
}
