import type { Settings } from "../env.ts";
import type { PublicLane } from "./edge/public-lane.ts";
import type { Spans } from "../lib/spans.ts";
import type { StrangersQuestions } from "./access/strangers.ts";
import type { Origin } from "../protocol/events/origin.ts";
import type { AccessLog } from "./access-log/access-log.ts";
import type { AccessNotes } from "./access-log/access-notes.ts";
import type { Gate } from "./access/gate.ts";
import type { AccountDirectory } from "../storage/ports/account-directory.ts";
import type { AuditEntry, AuditLog } from "../storage/ports/audit-log.ts";
import type { BlobStore } from "../storage/ports/blob-store.ts";
import type { BucketDirectory, BucketRecord } from "../storage/ports/bucket-directory.ts";
import type { BucketIndex } from "../storage/ports/bucket-index.ts";
import type { Decision } from "../storage/ports/decision.ts";
import type { BucketLookup } from "../storage/clients/bucket-lookup.ts";
import type { IdentityLookup } from "../storage/clients/identity-lookup.ts";
import type { Waiter } from "../lib/waiter.ts";
import type { KeyDirectory } from "../storage/ports/key-directory.ts";
import type { KeyRegistry } from "../storage/ports/key-registry.ts";
import type { ContentIndex } from "../storage/ports/content-index.ts";
import type { IdentityDirectory } from "../storage/ports/identity-directory.ts";
import type { ListenedBuckets } from "./listened-buckets.ts";
import type { RequestFigures } from "./metrics/request-figures.ts";
import type { QuotaUsage } from "./quota/quota-usage.ts";
import type { ShardGauges } from "./metrics/shard-gauges.ts";
import type { DirectoryInspection } from "../storage/ports/directory-inspection.ts";
import type { ShardInspection } from "../storage/ports/shard-inspection.ts";
import type { BackupDirectory } from "../storage/ports/backup-directory.ts";
import type { ProviderKeys } from "./oidc/provider-keys.ts";
import type { SessionDirectory } from "../storage/ports/session-directory.ts";
import type { SealedDirectory } from "../storage/ports/sealed-directory.ts";
import type { DiskRoom } from "../storage/blobs/counted-room.ts";
import type { ReplicationTarget } from "../protocol/replication/replication-targets.ts";
import type { TargetDirectory } from "../storage/ports/target-directory.ts";
import type { TargetLookup } from "./replication-targets.ts";

/** What all requests of a deployment work with. */
export interface CommonPorts {
  readonly settings: Settings;
  readonly accounts: AccountDirectory;
  readonly identityLookup: IdentityLookup;
  readonly keys: KeyRegistry;
  readonly keyDirectory: KeyDirectory;
  readonly identityDirectory: IdentityDirectory;
  readonly sealed: SealedDirectory;
  readonly targets: TargetDirectory;
  readonly targetLookup: TargetLookup;
  readonly auditLog: AuditLog;
  readonly sessions: SessionDirectory;
  readonly providerKeys: ProviderKeys;
  readonly strangers: StrangersQuestions;
  /** Of this server's requests; undefined where it is one of many, which together answer them. */
  readonly requestFigures: RequestFigures | undefined;
  readonly shardGauges: ShardGauges;
  readonly quotaUsage: QuotaUsage;
  readonly listenedBuckets: ListenedBuckets;
  readonly directory: BucketDirectory;
  readonly contents: ContentIndex;
  readonly inspection: ShardInspection;
  readonly directoryInspection: DirectoryInspection;
  readonly accessLog: AccessLog;
  readonly backups: BackupDirectory;
}

/** What a request works with. Whoever needs less says so by a `Pick`. */
export interface Ports extends CommonPorts {
  /** Keeps the isolate alive for what goes on after the answer. */
  readonly waiter: Waiter;
  /** Undefined where there are no traces, as locally. */
  readonly spans: Spans | undefined;
  /** The bucket of another server that rules call so (`replication-targets.ts`). */
  readonly findTarget: (arn: string) => Promise<ReplicationTarget | undefined>;
  /** Of what the request changes of who may do what: it goes along with the change. Undefined: it changes nothing of it. */
  readonly audit?: AuditEntry;
  readonly buckets: BucketLookup;
  readonly blobs: BlobStore;
  /** Undefined where no disk can be full, as on Cloudflare. */
  readonly room: DiskRoom | undefined;
  /** Undefined where there is no entrypoint that reads public objects, and in that entrypoint. */
  readonly publicLane: PublicLane | undefined;
  /** Of this request. */
  readonly notes: AccessNotes;
  /**
   * The objects of a bucket.
   *
   * @param decisions taken again, on the newer record, when the bucket is found to have changed
   * @param origin who makes the request, for buckets that want to know
   */
  readonly indexOf: (
    bucket: BucketRecord,
    decisions?: readonly Decision[],
    origin?: () => Origin,
  ) => BucketIndex;
}

/** What a request on a bucket works with. */
export interface BucketPorts extends Ports {
  readonly bucket: BucketRecord;
  /** Those that let the request in. An operation that decides by the bucket's record adds its own before it calls a shard. */
  readonly decisions: Decision[];
  readonly index: BucketIndex;
  /** Undefined: the caller may do everything with the bucket. */
  readonly gate: Gate | undefined;
}
