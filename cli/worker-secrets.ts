import type { Plan } from "./runtime.ts";

/** What the Worker is told that nobody else is to see: it stands in no file of a runtime's, and in no command line. */
export const WORKER_SECRETS = [
  "ROOT_ACCESS_KEY_ID",
  "ROOT_SECRET_ACCESS_KEY",
  "MASTER_KEY",
  "MASTER_KEY_PREVIOUS",
  "EVENT_TARGETS",
  "REPLICATION_TARGETS",
  "METRICS_TOKEN",
] as const;

export function workerSecrets({
  options,
  folder,
}: Pick<Plan, "options" | "folder">): Readonly<Record<(typeof WORKER_SECRETS)[number], string>> {
  return {
    ROOT_ACCESS_KEY_ID: options.accessKeyId,
    ROOT_SECRET_ACCESS_KEY: options.secretAccessKey,
    MASTER_KEY: folder.masterKey,
    MASTER_KEY_PREVIOUS: folder.previousMasterKey,
    EVENT_TARGETS: options.eventTargets,
    REPLICATION_TARGETS: options.replicationTargets,
    METRICS_TOKEN: options.metricsToken,
  };
}
