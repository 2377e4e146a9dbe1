import { type AwsTarget, readAwsTarget } from "./aws-target.ts";
import { type Declared, declaredTargets, textMembers, urlFault } from "./target-members.ts";

/** Where events go; only the deployment says, never a bucket's owner. */
export type EventTarget = AwsTarget | QueueTarget | WebhookTarget;

export interface WebhookTarget {
  readonly kind: "webhook";
  readonly url: string;
  /** What is posted: as MinIO posts it, with `EventName` and `Key`, or AWS's `Records` alone. */
  readonly envelope: "aws" | "minio";
  /** Goes along as `authorization: Bearer …`. */
  readonly bearer?: string;
  /** What posts are signed with. */
  readonly hmacSecret?: string;
}

/** A queue of Cloudflare's, which the Worker has a producer's binding of. */
export interface QueueTarget {
  readonly kind: "queue";
  readonly queue: Pick<Queue, "sendBatch">;
}

/** By ARN, as configurations name them; what EventBridge is sent has a name of its own (`EVENT_BRIDGE`). */
export type EventTargets = ReadonlyMap<string, EventTarget>;

const WEBHOOK = /^arn:(?:ledge:webhook|minio:sqs):[a-z0-9-]{0,64}:[\w-]{0,64}:[\w-]{1,128}$/;
const QUEUE = /^arn:ledge:queue:[a-z0-9-]{0,64}:[\w-]{0,64}:[\w-]{1,128}$/;
/**
 * @param json `{"arn:ledge:webhook:us-east-1:000000000000:orders": {"url": "https://…"}}`; empty: none
 * @param bindings the Worker's, with the queues
 * @param isLocal whether webhooks may be at any address, and without TLS
 * @throws Error that tells no secret
 */
export function readEventTargets(
  name: string,
  json: string,
  bindings: object,
  isLocal: boolean,
): EventTargets {
  return declaredTargets(name, json, (arn, target) => readTarget(arn, target, bindings, isLocal));
}

/** @returns a text: what is wrong with it */
function readTarget(
  arn: string,
  target: Declared,
  bindings: object,
  isLocal: boolean,
): EventTarget | string {
  if (QUEUE.test(arn)) return readQueue(target, bindings);
  if (WEBHOOK.test(arn)) return readWebhook(target, isLocal);
  return (
    readAwsTarget(arn, target, (url) => urlFault(url, isLocal)) ??
    "is not called arn:ledge:webhook:REGION:ACCOUNT:NAME, arn:ledge:queue:REGION:ACCOUNT:NAME, or as AWS calls a queue, a topic, or a function"
  );
}

function readWebhook(target: Declared, isLocal: boolean): WebhookTarget | string {
  const members = textMembers(target, ["url"], ["envelope", "bearer", "hmacSecret"]);
  if (typeof members === "string") return members;
  const { url, envelope = "minio", ...secrets } = members;
  if (envelope !== "minio" && envelope !== "aws")
    return 'has an envelope that is not "minio" or "aws"';
  return urlFault(url, isLocal) ?? { kind: "webhook", ...secrets, url, envelope };
}

function readQueue(target: Declared, bindings: object): QueueTarget | string {
  const { queue: name, ...others } = target;
  if (typeof name !== "string" || Object.keys(others).length > 0)
    return 'has not just a "queue", the name of a binding';
  const queue: unknown = Reflect.get(bindings, name);
  return isQueue(queue)
    ? { kind: "queue", queue }
    : "has a queue that the Worker has no binding of";
}

function isQueue(binding: unknown): binding is Queue {
  return typeof (binding as Partial<Queue> | undefined)?.sendBatch === "function";
}
