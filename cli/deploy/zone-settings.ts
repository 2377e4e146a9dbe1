import { type CloudflareApi, CloudflareError } from "./cloudflare-api.ts";

/** Rules of one phase, for one host. Source: https://developers.cloudflare.com/ruleset-engine/rulesets-api/ */
interface PhaseRule {
  readonly phase: string;
  readonly description: string;
  readonly rule: object;
}

/**
 * What a zone does to requests and answers that S3's clients do not survive: bodies that are rewritten or compressed lose their ETag
 * and length, and clients that are no browsers are taken for attackers.
 *
 * Source: https://developers.cloudflare.com/rules/configuration-rules/settings/
 */
const PHASES: readonly PhaseRule[] = [
  {
    phase: "http_config_settings",
    description: "bodies and clients are left alone",
    rule: {
      action: "set_config",
      action_parameters: {
        automatic_https_rewrites: false,
        bic: false,
        email_obfuscation: false,
        hotlink_protection: false,
        mirage: false,
        polish: "off",
        rocket_loader: false,
        security_level: "essentially_off",
        server_side_excludes: false,
        disable_rum: true,
      },
    },
  },
  {
    phase: "http_response_compression",
    description: "answers are not compressed",
    rule: {
      action: "compress_response",
      action_parameters: { algorithms: [{ name: "none" }] },
    },
  },
  {
    phase: "http_request_firewall_custom",
    description: "managed rules of the firewall are skipped",
    rule: {
      action: "skip",
      action_parameters: { phases: ["http_request_firewall_managed", "http_request_sbfm"] },
    },
  },
];

interface Ruleset {
  readonly id: string;
  readonly rules?: readonly { readonly description?: string }[];
}

/**
 * Makes the rules for the host that are not there yet.
 *
 * @returns what was done, and what has to be done by hand, as sentences
 */
export async function setZone(api: CloudflareApi, host: string): Promise<string[]> {
  const zone = await zoneOf(api, host);
  if (zone === undefined) return [`No zone of this login has the host ${host}.`];
  const told: string[] = [];
  for (const { phase, description, rule } of PHASES) {
    const name = `Ledge at ${host}: ${description}`;
    const full = {
      ...rule,
      description: name,
      expression: `(http.host eq "${host}")`,
      enabled: true,
    };
    try {
      const isMade = await addRule(api, `/zones/${zone.id}/rulesets`, phase, full);
      told.push(`${name}${isMade ? "." : ", as before."}`);
    } catch (error) {
      if (!(error instanceof CloudflareError)) throw error;
      told.push(`By hand, as the login may not or the plan has none: ${name} (${error.message}).`);
    }
  }
  const dashboard = `https://dash.cloudflare.com/?to=/:account/${zone.name}`;
  told.push(
    `By hand, as these are for the whole zone: turn off URL normalization (${dashboard}/rules/settings) and Bot Fight Mode (${dashboard}/security/settings).`,
  );
  return told;
}

interface Zone {
  readonly id: string;
  readonly name: string;
}

/** A zone's name is the host's, or its end. */
async function zoneOf(api: CloudflareApi, host: string): Promise<Zone | undefined> {
  const labels = host.split(".");
  for (let first = 0; first < labels.length - 1; first += 1) {
    const name = labels.slice(first).join(".");
    const [zone] = await api.call<readonly Zone[]>(`/zones?name=${name}`, {
      what: `look for the zone ${name}`,
    });
    if (zone !== undefined) return zone;
  }
  return undefined;
}

async function addRule(
  api: CloudflareApi,
  rulesets: string,
  phase: string,
  rule: { readonly description: string },
): Promise<boolean> {
  const entrypoint = `${rulesets}/phases/${phase}/entrypoint`;
  const what = `add a rule of ${phase}`;
  const ruleset = await entrypointAt(api, entrypoint, what);
  if (ruleset === undefined) {
    await api.call(entrypoint, { method: "PUT", what, body: { rules: [rule] } });
    return true;
  }
  if (ruleset.rules?.some(({ description }) => description === rule.description)) return false;
  await api.call(`${rulesets}/${ruleset.id}/rules`, { method: "POST", what, body: rule });
  return true;
}

async function entrypointAt(
  api: CloudflareApi,
  path: string,
  what: string,
): Promise<Ruleset | undefined> {
  try {
    return await api.call<Ruleset>(path, { what });
  } catch (error) {
    if (error instanceof CloudflareError && error.status === 404) return undefined;
    throw error;
  }
}
