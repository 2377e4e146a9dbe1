import { readSettings, readShardSettings } from "../src/env.ts";
import type { ServeOptions } from "./arguments.ts";
import { messageOf, UserError } from "./user-error.ts";

/**
 * The settings of wrangler.toml: its defaults, but for those that are given, and those that differ on one's own machine.
 *
 * @throws UserError for a setting that there is not, or a value that it cannot have
 */
export function settingsFor(
  { settings, isQuiet, eventTargets, metricsToken, replicationTargets }: ServeOptions,
  defaults: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  for (const name of Object.keys(settings))
    if (!Object.hasOwn(defaults, name))
      throw new UserError(`${name} is no setting of wrangler.toml`);
  const vars = {
    ...defaults,
    // The Worker does not refuse the published credentials, and looks for no R2 bucket.
    LOCAL: "true",
    // What programs assume that are tried on one's own machine. Nothing is public unless a client asks for it by name.
    NEW_BUCKETS: "acls",
    // Nobody else encrypts this machine's disk, and its own requests need no TLS.
    SSE_S3: "envelope",
    SSE_C_OVER_HTTP: "allow",
    // Rules of replication, and inventories, work without roles and policies.
    SERVICE_ACCESS: "account",
    // A provider beside it, such as Keycloak on one's own machine.
    LOCAL_ISSUERS: "true",
    // So are receivers of events.
    LOCAL_TARGETS: "true",
    // There is no edge here that would transform anything.
    NO_TRANSFORM: "false",
    // Here a call costs nothing.
    LOG_FLUSH_MILLISECONDS: "500",
    // Nobody is billed for who listens.
    LISTEN: "true",
    LOG_REQUESTS: String(!isQuiet),
    SHARD_CACHE_BYTES: String(32 * 1024 * 1024),
    ...settings,
  };
  try {
    // These two read only the text variables of the Worker's environment, which are all here.
    const secrets = {
      EVENT_TARGETS: eventTargets,
      METRICS_TOKEN: metricsToken,
      REPLICATION_TARGETS: replicationTargets,
    };
    const env = { ...vars, ...secrets } as unknown as Cloudflare.Env;
    readSettings(env);
    readShardSettings(env);
  } catch (error) {
    throw new UserError(messageOf(error));
  }
  return vars;
}
