import { parseArgs, type ParseArgsConfig } from "node:util";
import { credentials } from "../credentials.ts";
import { messageOf, UserError } from "../user-error.ts";

/** Where the data are that a command is about. */
export interface Place {
  /** Of a data folder that no server has; undefined: of the server at the endpoint. */
  readonly dataFolder: string | undefined;
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

export type MaintenanceCommand =
  | { readonly name: "maintenance help"; readonly text: string }
  | { readonly name: "check"; readonly options: CheckOptions };

const PLACE_HELP = `
  --data FOLDER                 a data folder that no server has (.ledge)
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

const PLACE_OPTIONS = {
  data: { type: "string" },
  endpoint: { type: "string" },
  "access-key": { type: "string" },
  "secret-key": { type: "string" },
  region: { type: "string", default: "us-east-1" },
  help: { type: "boolean", short: "h", default: false },
} satisfies ParseArgsConfig["options"];

type Environment = Readonly<Record<string, string | undefined>>;

/** @returns undefined: it is another command @throws UserError for anything that its help does not name */
export function readMaintenanceCommand(
  [name, ...args]: readonly string[],
  env: Environment,
): MaintenanceCommand | undefined {
  return name === "check" ? readCheck(args, env) : undefined;
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
  readonly endpoint?: string | undefined;
  readonly "access-key"?: string | undefined;
  readonly "secret-key"?: string | undefined;
  readonly region: string;
}

function placeOf(values: PlaceValues, env: Environment): Place {
  const { data, endpoint, region } = values;
  if (data !== undefined && endpoint !== undefined)
    throw new UserError("--data and --endpoint do not go together");
  if (endpoint !== undefined && !/^https?:\/\/[^/]+\/?$/.test(endpoint))
    throw new UserError(`--endpoint ${endpoint} is not http://HOST or https://HOST`);
  return {
    dataFolder: endpoint === undefined ? (data ?? ".ledge") : undefined,
    endpoint: endpoint?.replace(/\/$/, "") ?? "",
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
