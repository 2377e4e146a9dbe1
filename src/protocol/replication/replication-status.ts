/** What became of a version's replication, as `x-amz-replication-status` tells it. */
export type ReplicationStatus = "COMPLETED" | "FAILED" | "PENDING" | "REPLICA";

/** What a row keeps of it; absent: no rule was about the version. */
export interface Replication {
  readonly status: ReplicationStatus;
  /** The number of the change that is to be replicated last; absent: nothing but the version itself. */
  readonly change?: number;
  /** Of a replica: that change is not where it belongs yet. */
  readonly isPending?: true;
  /** Where a version goes to several destinations: those that have not got it. */
  readonly targets?: Readonly<Record<string, "FAILED" | "PENDING">>;
}

/** What a version is replicated to has it, or never will. */
export type ReplicationEnd = "COMPLETED" | "FAILED";

/** What a replica has from the beginning. */
export const REPLICA: Replication = { status: "REPLICA" };

/** @param targets at least one */
export function pending(targets: readonly string[], change?: number): Replication {
  return {
    status: "PENDING",
    ...(change !== undefined && { change }),
    ...(targets.length > 1 && {
      targets: Object.fromEntries(targets.map((target) => [target, "PENDING"])),
    }),
  };
}

/** A replica that has changed itself. */
export function changedReplica(change: number): Replication {
  return { ...REPLICA, change, isPending: true };
}

/** A destination is to get the version, or its change, once more. */
export function awaiting(replication: Replication | undefined, target: string): Replication {
  if (replication?.status === "REPLICA") return { ...replication, isPending: true };
  const { change, targets } = replication ?? {};
  const all = targets && { ...targets, [target]: "PENDING" as const };
  const isFailed = all !== undefined && Object.values(all).includes("FAILED");
  return {
    status: isFailed ? "FAILED" : "PENDING",
    ...(change !== undefined && { change }),
    ...(all !== undefined && { targets: all }),
  };
}

/** Is there something that is not where it belongs, or that was given up? */
export function isUnsettled({ status, isPending }: Replication): boolean {
  return status === "PENDING" || status === "FAILED" || isPending === true;
}

/** AWS's rule: COMPLETED when all destinations have it, FAILED when one of them never will. */
export function settled(
  replication: Replication,
  target: string,
  end: ReplicationEnd,
): Replication {
  if (replication.status === "REPLICA")
    return end === "COMPLETED" ? REPLICA : { ...replication, isPending: true };
  const { [target]: _, ...others } = replication.targets ?? {};
  const left = end === "COMPLETED" ? others : { ...others, [target]: end };
  const ends = Object.values(left);
  if (ends.length === 0) return { status: "COMPLETED" };
  const status = ends.includes("FAILED") ? "FAILED" : "PENDING";
  const { change } = replication;
  const isOfSeveral = replication.targets !== undefined;
  return { status, ...(change !== undefined && { change }), ...(isOfSeveral && { targets: left }) };
}
