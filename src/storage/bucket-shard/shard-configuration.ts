import type { ShardDocuments, VersioningStatus } from "../../protocol/bucket-configuration.ts";
import type { LogDestination } from "../../protocol/access-log/log-destination.ts";
import type { InventoryDocument } from "../../protocol/inventory/inventory-configuration.ts";
import { EventRules } from "../../protocol/events/event-rules.ts";
import { Lifecycle } from "../../protocol/lifecycle/lifecycle.ts";
import type { LockConfiguration } from "../../protocol/object-lock-configuration.ts";
import type { ReplicationDocument } from "../../protocol/replication/replication-configuration.ts";
import { ReplicationRules } from "../../protocol/replication/replication-rules.ts";
import type { ShardPart } from "../ports/bucket-directory.ts";

type LockRule = NonNullable<LockConfiguration["Rule"]>["DefaultRetention"];

/**
 * How the bucket is configured, as far as this shard has been told: of what gateways decide with the number only, of what
 * shards decide with the documents as well. Held in memory, too: the object is the only writer.
 */
export class ShardConfiguration {
  readonly #sql: SqlStorage;
  #gatewayRevision = 0;
  #shardRevision = 0;
  #documents: ShardDocuments = {};
  #eventRules: EventRules | undefined;
  /** Of the documents; undefined until somebody asks. */
  #lifecycle: Lifecycle | undefined;
  /** Those that are enabled, by their ids. */
  get inventories(): ReadonlyMap<string, InventoryDocument> {
    const found = new Map<string, InventoryDocument>();
    for (const [name, body] of Object.entries(this.#documents)) {
      if (!name.startsWith("inventory/")) continue;
      const document = body as InventoryDocument;
      if (document.IsEnabled) found.set(document.Id, document);
    }
    return found;
  }

  /** Undefined: no rule is enabled. */
  #replication: ReplicationRules | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.reload();
  }

  /** What was told in a transaction that did not commit is forgotten. */
  reload(): void {
    this.#gatewayRevision = 0;
    this.#shardRevision = 0;
    this.#documents = {};
    this.#eventRules = undefined;
    this.#lifecycle = undefined;
    this.#replication = undefined;
    const query = "SELECT part, revision, body FROM setting";
    const rows = this.#sql.exec<{ part: string; revision: number; body: string | null }>(query);
    for (const { part, revision, body } of rows.toArray())
      if (part === "gateway") this.#gatewayRevision = revision;
      else this.#remember({ revision, documents: body ?? "{}" });
  }

  get gatewayRevision(): number {
    return this.#gatewayRevision;
  }

  get shardRevision(): number {
    return this.#shardRevision;
  }

  /** JSON of what shards decide with, as it was told; undefined: nothing was. */
  get documentsText(): string | undefined {
    const query = "SELECT body FROM setting WHERE part = 'shard'";
    return this.#sql.exec<{ body: string | null }>(query).toArray()[0]?.body ?? undefined;
  }

  /** Undefined: the bucket never had versions. */
  get versioning(): VersioningStatus | undefined {
    return this.#documents.versioning?.Status;
  }

  /** What new objects are retained by when their upload does not say. */
  get lockRule(): LockRule | undefined {
    return this.#documents.lock?.Rule?.DefaultRetention;
  }

  /** Undefined: nobody is to be notified of anything. */
  get eventRules(): EventRules | undefined {
    return this.#eventRules;
  }

  /** Where the bucket's access log goes; undefined: it has none. */
  get logDestination(): LogDestination | undefined {
    return this.#documents.logging?.destination;
  }

  /** Undefined: no rule is enabled. */
  get lifecycle(): Lifecycle | undefined {
    const { lifecycle: document } = this.#documents;
    if (document === undefined) return undefined;
    this.#lifecycle ??= new Lifecycle(document);
    return this.#lifecycle.rules.length > 0 ? this.#lifecycle : undefined;
  }

  /** Undefined: nothing is replicated. */
  get replication(): ReplicationRules | undefined {
    return this.#replication;
  }

  /** Of what is older than the shard knows, nothing is kept. */
  hearOfGatewayPart(revision: number): void {
    if (revision <= this.#gatewayRevision) return;
    this.#write("gateway", revision, null);
    this.#gatewayRevision = revision;
  }

  /** @returns false: the shard knows these documents already, or newer ones */
  takeShardPart(part: ShardPart): boolean {
    if (part.revision <= this.#shardRevision) return false;
    this.#write("shard", part.revision, part.documents);
    this.#remember(part);
    return true;
  }

  #remember({ revision, documents }: ShardPart): void {
    this.#shardRevision = revision;
    this.#documents = JSON.parse(documents) as ShardDocuments;
    const { notification, replication } = this.#documents;
    this.#eventRules = notification && new EventRules(notification);
    this.#replication = replication && rulesOf(replication);
    this.#lifecycle = undefined;
  }

  #write(part: string, revision: number, body: string | null): void {
    const statement = "INSERT OR REPLACE INTO setting (part, revision, body) VALUES (?, ?, ?)";
    this.#sql.exec(statement, part, revision, body);
  }
}

/** Undefined: none is enabled. */
function rulesOf(document: ReplicationDocument): ReplicationRules | undefined {
  const rules = new ReplicationRules(document);
  return rules.isEmpty ? undefined : rules;
}
