import { log } from "../lib/log.ts";
import type { MasterKey } from "../lib/master-key.ts";
import { seal, unseal } from "../lib/sealed-text.ts";
import { S3Error } from "../protocol/errors.ts";
import {
  readTarget,
  type ReplicationTarget,
  targetArn,
  targetIdOf,
} from "../protocol/replication/replication-targets.ts";
import { type RecordLookup, recordLookup } from "../storage/clients/record-lookup.ts";
import type { Waiter } from "../lib/waiter.ts";
import type { SealedTarget, TargetDirectory } from "../storage/ports/target-directory.ts";
import type { Settings } from "../env.ts";
import { requireMasterKey } from "./accounts.ts";
import type { Ports } from "./ports.ts";

/** Of a target as it is sealed. All of them are listed in one answer, and a page of a backup has to be short enough to come back. */
const MAX_TARGET_BYTES = 24 * 1024;

/** What is told of a target: all but its secrets. */
export interface ToldTarget {
  readonly id: string;
  readonly modifiedMs: number;
  /** Undefined: MASTER_KEY does not open it. */
  readonly target: ReplicationTarget | undefined;
}

/** What one isolate remembers of targets that were put: as long as of access keys, and sealed. */
export type TargetLookup = RecordLookup<SealedTarget>;

export function targetLookup(
  targets: TargetDirectory,
  copies: KVNamespace | undefined,
  maxAgeMs: number,
): TargetLookup {
  return recordLookup<SealedTarget>({
    ask: (id) => targets.findTarget(id),
    copies,
    copyKeyOf: (id) => `replication-target-1/${id}`,
    maxAgeMs,
    // Whoever puts rules has signed, and costs a call for each destination anyway.
    isVouchedFor: () => true,
    partsOf: (id) => [id],
  });
}

type Known = Pick<Ports, "targetLookup"> & {
  readonly settings: Pick<Settings, "masterKey" | "replicationTargets" | "takesAnyTarget">;
};

/**
 * The bucket of another server that rules call so: of the settings, or put by the deployment's root; undefined: there is none.
 *
 * @throws Error when it cannot be told, as without the MASTER_KEY that it was sealed with
 */
export async function findTarget(
  { settings, targetLookup: lookup }: Known,
  arn: string,
  waiter: Waiter,
): Promise<ReplicationTarget | undefined> {
  const declared = settings.replicationTargets.get(arn);
  const id = targetIdOf(arn);
  if (declared !== undefined || id === undefined) return declared;
  const remembered = lookup.remembered(id);
  if (remembered === "unknown") return undefined;
  const record = remembered === "unread" ? await lookup.read(id, waiter) : remembered;
  if (record === undefined) return undefined;
  const target = opened(settings, record);
  if (target === undefined) throw new Error(`MASTER_KEY does not open the target ${id}`);
  return targetArn(id, target) === arn ? target : undefined;
}

type TargetPorts = Pick<Ports, "audit" | "settings" | "targetLookup" | "targets">;

/**
 * @param described its document, parsed
 * @returns what rules call it
 * @throws S3Error NotImplemented (no MASTER_KEY), InvalidRequest (its message tells what is wrong, and no secret), EntityAlreadyExists
 *   (the settings have one of that ARN), LimitExceeded
 */
export async function putTarget(
  ports: TargetPorts,
  id: string,
  described: Readonly<Record<string, unknown>>,
): Promise<ReplicationTarget> {
  const { settings, targets, audit } = ports;
  const masterKey = requireMasterKey(ports);
  const target = readTarget(described, settings.takesAnyTarget);
  if (typeof target === "string")
    throw new S3Error("InvalidRequest", { message: `The target ${target}.` });
  if (settings.replicationTargets.has(targetArn(id, target)))
    throw new S3Error("EntityAlreadyExists", {
      message: "The secret REPLICATION_TARGETS declares a target of that ARN.",
    });
  const text = JSON.stringify(described);
  if (Buffer.byteLength(text) > MAX_TARGET_BYTES)
    throw new S3Error("InvalidRequest", {
      message: `The target has more than ${MAX_TARGET_BYTES} bytes.`,
    });
  const sealed = seal(sealingKeys(masterKey), id, text);
  const outcome = await targets.putTarget(id, sealed, audit);
  if (outcome === "full")
    throw new S3Error("LimitExceeded", { message: "There are as many targets as there may be." });
  await ports.targetLookup.forget([id]);
  return target;
}

/** What goes there from now on is refused: `NoSuchDestination`. @throws S3Error NoSuchEntity */
export async function deleteTarget(ports: TargetPorts, id: string): Promise<void> {
  const outcome = await ports.targets.deleteTarget(id, ports.audit);
  if (outcome === "missing") throw noSuchTarget(id);
  await ports.targetLookup.forget([id]);
}

/** @throws S3Error NoSuchEntity */
export async function readPutTarget(ports: TargetPorts, id: string): Promise<ToldTarget> {
  const record = await ports.targets.findTarget(id);
  if (record === undefined) throw noSuchTarget(id);
  return toldOf(ports, record);
}

export async function listPutTargets(ports: TargetPorts): Promise<readonly ToldTarget[]> {
  return (await ports.targets.listTargets()).map((record) => toldOf(ports, record));
}

function toldOf({ settings }: TargetPorts, record: SealedTarget): ToldTarget {
  return { id: record.id, modifiedMs: record.modifiedMs, target: opened(settings, record) };
}

const openedTargets = new WeakMap<SealedTarget, ReplicationTarget>();

/** Undefined: it was sealed with another key, or is not valid any more, as an address that the deployment may not call. */
function opened(
  { masterKey, takesAnyTarget }: Known["settings"],
  record: SealedTarget,
): ReplicationTarget | undefined {
  const before = openedTargets.get(record);
  if (before !== undefined) return before;
  if (masterKey === undefined) return undefined;
  try {
    const sealed = Buffer.from(record.sealed, "base64");
    const described = JSON.parse(unseal(sealingKeys(masterKey), record.id, sealed)) as object;
    const target = readTarget({ ...described }, takesAnyTarget);
    if (typeof target === "string") throw new Error(`it ${target}`);
    openedTargets.set(record, target);
    return target;
  } catch (error) {
    log("error", "replication target not opened", { id: record.id, error: String(error) });
    return undefined;
  }
}

function sealingKeys(masterKey: MasterKey): ReturnType<MasterKey["subKeys"]> {
  return masterKey.subKeys("replication targets");
}

function noSuchTarget(id: string): S3Error {
  return new S3Error("NoSuchEntity", { message: `No replication target ${id}.` });
}
