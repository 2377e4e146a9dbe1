import { sha256Hex } from "../../lib/sha256.ts";
import type { AwsTarget } from "../../protocol/events/aws-target.ts";
import { postToAws } from "./aws-request.ts";
import type { Delivery } from "./delivery.ts";
import { type EventMessage, type EventSender, recordsOf } from "./event-sender.ts";

/** What a group of a FIFO queue, or topic, may be called. */
const GROUP = /^[\w!"#$%&'()*+,\-./:;<=>?@[\\\]^`{|}~]{1,128}$/;

interface SqsAnswer {
  readonly Successful?: readonly { readonly Id?: string }[];
  readonly Failed?: readonly { readonly Id?: string; readonly Code?: string }[];
}

/**
 * SendMessageBatch. A FIFO queue has a group for each key.
 *
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
 */
export const SQS_SENDER: EventSender<AwsTarget> = {
  most: 10,
  bodyOf: (_target, record) => recordsOf(record),
  async send(target, messages, nowMs) {
    const [account = "", queue = ""] = target.arn.split(":").slice(4);
    const entries = messages.map((message, i) => ({
      Id: String(i),
      MessageBody: message.body,
      ...orderOf(target, message),
    }));
    const body = JSON.stringify({
      QueueUrl: `${target.endpoint}/${account}/${queue}`,
      Entries: entries,
    });
    const headers = {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": "AmazonSQS.SendMessageBatch",
    };
    const answer = await postToAws(target, { path: "/", headers, body }, nowMs);
    if (!("text" in answer)) return messages.map(() => answer);
    return outcomesOf(answer.text, messages.length);
  },
};

/** Of a FIFO queue or topic: what is told of one key is told in order, and what is sent once more within five minutes is known. */
export function orderOf(
  { arn }: AwsTarget,
  { key, id }: EventMessage,
): { readonly MessageGroupId?: string; readonly MessageDeduplicationId?: string } {
  if (!arn.endsWith(".fifo")) return {};
  const MessageGroupId = GROUP.test(key) ? key : sha256Hex(key);
  return { MessageGroupId, MessageDeduplicationId: id };
}

/** One that the answer does not name was not taken. */
function outcomesOf(text: string, count: number): readonly Delivery[] {
  const { Successful = [], Failed = [] } = parse(text);
  const taken = new Set(Successful.map(({ Id }) => Id));
  const codes = new Map(Failed.map(({ Id, Code }) => [Id, Code]));
  return Array.from({ length: count }, (_, i): Delivery => {
    const id = String(i);
    if (taken.has(id) && !codes.has(id)) return { ok: true };
    return { ok: false, reason: `the queue refused it: ${codes.get(id) ?? "no reason given"}` };
  });
}

function parse(text: string): SqsAnswer {
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === "object" && answer !== null ? answer : {};
  } catch {
    return {};
  }
}
