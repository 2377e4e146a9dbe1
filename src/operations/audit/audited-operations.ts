import type { AccountContext, Operation } from "../operation.ts";

/** What is told of an operation that changes who may do what, or of a keeper's: the action's name, and what it is about. */
interface Told {
  readonly action: string;
  readonly parameters: Readonly<Record<string, string>>;
}

type Tell = (context: AccountContext) => Told["parameters"];

const bucketName: Tell = ({ request }) => ({ bucketName: request.bucket ?? "" });
const keptBucket: Tell = ({ request }) => ({ bucketName: request.key?.split("/")[1] ?? "" });
const accountId: Tell = ({ request }) => ({
  accountId: request.key?.slice("accounts/".length) ?? "",
});

const targetId: Tell = ({ request }) => ({
  targetId: request.key?.slice("replication-targets/".length) ?? "",
});

const OF_BUCKETS = [
  ...["PutBucketPolicy", "DeleteBucketPolicy", "PutBucketAcl", "PutBucketAbac"],
  ...["PutPublicAccessBlock", "DeletePublicAccessBlock"],
  ...["PutBucketOwnershipControls", "DeleteBucketOwnershipControls"],
];
/** How old what everybody may read may be, and so for how long somebody still may who may not any more. */
const OF_EDGES = ["PutBucketEdge", "DeleteBucketEdge"];
/** Where the deployment's data may go, and whose. */
const OF_TARGETS = ["PutReplicationTarget", "DeleteReplicationTarget"];
/** By the deployment's root, with a whole bucket. */
const OF_KEEPERS = [
  ...["BeginRestore", "FinishRestore", "RepairBucket", "GrowBucket"],
  ...["PutBucketQuota", "DeleteBucketQuota"],
];
/** What was given up goes to other places once more. */
const OF_DELIVERIES = ["RedriveDeadLetters", "ResyncReplication"];
const OF_ALL_ACCOUNTS = ["BeginAccountRestore", "FinishAccountRestore", "RepairDirectory"];
const OF_ACCOUNTS = ["PutAccount", "PutBootstrapAccounts", "DeleteAccount", "SealAnew"];

type Audited = readonly [service: string, tell: Tell];

const AUDITED: ReadonlyMap<string, Audited> = new Map<string, Audited>([
  ...OF_BUCKETS.map((name) => [name, ["s3", bucketName]] as const),
  ...OF_EDGES.map((name) => [name, ["ledge", bucketName]] as const),
  ...OF_TARGETS.map((name) => [name, ["ledge", targetId]] as const),
  ...OF_KEEPERS.map((name) => [name, ["ledge", keptBucket]] as const),
  ...OF_DELIVERIES.map((name) => [name, ["ledge", keptBucket]] as const),
  ...OF_ALL_ACCOUNTS.map((name) => [name, ["ledge", () => ({})]] as const),
  ...OF_ACCOUNTS.map((name) => [name, ["ledge", accountId]] as const),
]);

/** Undefined, as of nearly all: it changes nobody's access, and is no keeper's. */
export function auditedOperation({ name }: Operation, context: AccountContext): Told | undefined {
  const audited = AUDITED.get(name);
  if (audited === undefined) return undefined;
  const [service, tell] = audited;
  return { action: `${service}:${name}`, parameters: tell(context) };
}
