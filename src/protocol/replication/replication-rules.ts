import { readEncryption } from "../encryption/stored-encryption.ts";
import type { NotifyingBucket } from "../events/event-record.ts";
import type { ReplicationDocument, ReplicationRuleDocument } from "./replication-configuration.ts";
import { type Filtered, isAbout } from "./replication-filter.ts";

/** What the outbox calls destinations: this, and their ARN. */
export const REPLICATION_TARGET = "replication/";

/** What rules look at in a version. */
export interface Replicated extends Filtered {
  readonly isMarker: boolean;
  /** The column of its row. */
  readonly encryption: string | null;
}

/** An enabled rule. */
export interface ReplicationRule {
  readonly id: string;
  /** Of the outbox. */
  readonly target: string;
  /** Undefined: whoever has the bucket's name, as it is none of this deployment. */
  readonly destinationOwnerId: string | undefined;
  readonly replicatesMarkers: boolean;
  readonly replicatesKms: boolean;
  /** Changes of a replica go back to where it came from. */
  readonly replicatesReplicas: boolean;
  /** What was there before the rule was. */
  readonly replicatesExisting: boolean;
  readonly isTimed: boolean;
  readonly document: ReplicationRuleDocument;
}

/** A bucket's rules by destination: of those that are about a version, the one of the highest priority counts there. */
export class ReplicationRules {
  readonly bucket: NotifyingBucket;
  readonly role: string;
  readonly #byTarget: ReadonlyMap<string, readonly ReplicationRule[]>;

  constructor({ bucket, owners, Role, Rule }: ReplicationDocument) {
    this.bucket = bucket;
    this.role = Role;
    const rules = Rule.filter(({ Status }) => Status === "Enabled")
      .toSorted((a, b) => (b.Priority ?? 0) - (a.Priority ?? 0))
      .map((rule) => ruleOf(rule, owners));
    this.#byTarget = Map.groupBy(rules, ({ target }) => target);
  }

  get isEmpty(): boolean {
    return this.#byTarget.size === 0;
  }

  get targets(): readonly string[] {
    return [...this.#byTarget.keys()];
  }

  /** One for each destination at most. */
  matching(version: Replicated): readonly ReplicationRule[] {
    return this.targets.flatMap((target) => this.matchingFor(target, version) ?? []);
  }

  /** The one that counts for a destination; undefined: none is about the version. */
  matchingFor(target: string, version: Replicated): ReplicationRule | undefined {
    const rule = this.#byTarget.get(target)?.find(({ document }) => isAbout(document, version));
    if (rule === undefined) return undefined;
    if (version.isMarker) return rule.replicatesMarkers ? rule : undefined;
    return rule.replicatesKms || !isUnderKms(version.encryption) ? rule : undefined;
  }

  /** The rule of that id, or whichever counts first for the destination now; undefined: there is none any more. */
  ruleOf(target: string, id: string): ReplicationRule | undefined {
    const rules = this.#byTarget.get(target);
    return rules?.find((rule) => rule.id === id) ?? rules?.[0];
  }

  /** As in {@link ReplicationRule.destinationOwnerId}. */
  ownerOf(target: string): string | undefined {
    return this.#byTarget.get(target)?.[0]?.destinationOwnerId;
  }

  /** Whether a destination is to get what was there before its rules. */
  replicatesExisting(target: string): boolean {
    return this.#byTarget.get(target)?.some((rule) => rule.replicatesExisting) === true;
  }
}

function ruleOf(
  document: ReplicationRuleDocument,
  owners: ReplicationDocument["owners"],
): ReplicationRule {
  const { ID = "", Destination, DeleteMarkerReplication, SourceSelectionCriteria } = document;
  const isEnabled = (part: { readonly Status?: string | undefined } | undefined): boolean =>
    part?.Status === "Enabled";
  return {
    id: ID,
    target: `${REPLICATION_TARGET}${Destination.Bucket}`,
    destinationOwnerId: owners[Destination.Bucket],
    // Rules of the older form replicate markers, and have no word for it.
    replicatesMarkers: document.Filter === undefined || isEnabled(DeleteMarkerReplication),
    replicatesKms: isEnabled(SourceSelectionCriteria?.SseKmsEncryptedObjects),
    replicatesReplicas: isEnabled(SourceSelectionCriteria?.ReplicaModifications),
    replicatesExisting: isEnabled(document.ExistingObjectReplication),
    isTimed: isEnabled(Destination.ReplicationTime),
    document,
  };
}

function isUnderKms(column: string | null): boolean {
  if (column === null) return false;
  const { k } = readEncryption(column);
  return k === "KMS" || k === "DSSE";
}
