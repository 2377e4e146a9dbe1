import { parseArgs, type ParseArgsConfig } from "node:util";
import { messageOf, UserError } from "../user-error.ts";

export const DEPLOY_HELP = `Ledge on Cloudflare: one Worker, an R2 bucket, and a KV namespace of your account.

  ledge deploy [options]

  --name NAME                   of the Worker; <NAME>-blobs and <NAME>-identities are its R2 bucket and KV namespace (ledge)
  --update                      bring new code to the Worker that is there; its secrets stay
  --domain HOST                 serve it at this host of a zone of yours (s3.example.com), instead of workers.dev
  --zone-settings               turn off, for that host, what a zone does to requests and answers (see docs/deploy.md)
  --account-id ID               the account, if your login has several
  --jurisdiction eu|fedramp|us  where R2 and the Durable Objects may keep what they have; only at the first deployment
  --analytics                   write a data point for each request to Analytics Engine
  --queue BINDING=NAME          a Cloudflare Queue that $EVENT_TARGETS may name, repeatable
  --drop-binding NAME           a binding of the Worker that is to go: a queue's, ANALYTICS, or one that is not Ledge's; repeatable
  --var NAME:VALUE              a setting of wrangler.toml, repeatable; kept for the next time
  --endpoint URL                where it is tried and told to be, if that is not what Wrangler prints
  --dry-run                     look, and say what would be done; nothing is made
  --yes                         ask nothing

What was deployed is noted in ./ledge.deploy.json, without secrets: the next run takes what is not given from there.
`;

const OPTIONS = {
  name: { type: "string" },
  update: { type: "boolean", default: false },
  domain: { type: "string" },
  "zone-settings": { type: "boolean", default: false },
  "account-id": { type: "string" },
  jurisdiction: { type: "string" },
  analytics: { type: "boolean" },
  queue: { type: "string", multiple: true, default: [] as string[] },
  "drop-binding": { type: "string", multiple: true, default: [] as string[] },
  var: { type: "string", multiple: true, default: [] as string[] },
  endpoint: { type: "string" },
  "dry-run": { type: "boolean", default: false },
  yes: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} satisfies ParseArgsConfig["options"];

export const JURISDICTIONS = ["eu", "fedramp", "us"] as const;
export type Jurisdiction = (typeof JURISDICTIONS)[number];

/** What was asked for; undefined: what was deployed before, or else the default. */
export interface DeployOptions {
  readonly name: string | undefined;
  readonly isUpdate: boolean;
  readonly domain: string | undefined;
  readonly setsZone: boolean;
  readonly accountId: string | undefined;
  readonly jurisdiction: Jurisdiction | undefined;
  readonly hasAnalytics: boolean | undefined;
  /** Names of Queues by their bindings. */
  readonly queues: Readonly<Record<string, string>>;
  /** Names of bindings that the Worker is not to have any more. */
  readonly droppedBindings: readonly string[];
  readonly vars: Readonly<Record<string, string>>;
  readonly endpoint: string | undefined;
  readonly isDryRun: boolean;
  readonly asksNothing: boolean;
}

/** @throws UserError for what DEPLOY_HELP does not name */
export function readDeployOptions(args: readonly string[]): DeployOptions | "help" {
  const { values, positionals } = parse(args);
  if (values.help) return "help";
  if (positionals.length > 0)
    throw new UserError(`"${positionals.join(" ")}" is no option; see ledge deploy --help`);
  const { domain, endpoint } = values;
  return {
    // Of a Worker: https://developers.cloudflare.com/workers/wrangler/configuration/; "-identities" is added for R2 and KV.
    name: matching("--name", values.name, /^[a-z0-9](?:[a-z0-9-]{0,50}[a-z0-9])?$/),
    isUpdate: values.update,
    domain: matching("--domain", domain, /^[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+$/),
    setsZone: values["zone-settings"],
    accountId: matching("--account-id", values["account-id"], /^[0-9a-f]{32}$/),
    jurisdiction: jurisdiction(values.jurisdiction),
    hasAnalytics: values.analytics,
    queues: pairs("--queue", values.queue, "="),
    droppedBindings: values["drop-binding"],
    vars: pairs("--var", values.var, ":"),
    endpoint: matching("--endpoint", endpoint, /^https?:\/\/[^/?#]+$/)?.toLowerCase(),
    isDryRun: values["dry-run"],
    asksNothing: values.yes,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
  } catch (error) {
    const [sentence] = messageOf(error).split(". ");
    throw new UserError(`${sentence}; see ledge deploy --help`);
  }
}

function matching(option: string, value: string | undefined, pattern: RegExp): string | undefined {
  if (value === undefined || pattern.test(value)) return value;
  throw new UserError(`${option} ${value} does not match ${pattern}`);
}

function jurisdiction(value: string | undefined): Jurisdiction | undefined {
  const found = JURISDICTIONS.find((each) => each === value);
  if (value !== undefined && found === undefined)
    throw new UserError(`--jurisdiction ${value} is not ${JURISDICTIONS.join(", ")}`);
  return found;
}

function pairs(
  option: string,
  assignments: readonly string[],
  separator: string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    assignments.map((assignment) => {
      const at = assignment.indexOf(separator);
      const name = assignment.slice(0, Math.max(0, at));
      if (!/^\w+$/.test(name))
        throw new UserError(`${option} ${assignment} is not NAME${separator}VALUE`);
      return [name, assignment.slice(at + 1)];
    }),
  );
}
