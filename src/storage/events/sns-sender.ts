import type { AwsTarget } from "../../protocol/events/aws-target.ts";
import { postToAws } from "./aws-request.ts";
import { type EventSender, recordsOf } from "./event-sender.ts";
import { orderOf } from "./sqs-sender.ts";

/**
 * Publish, by the Query protocol. A FIFO topic has a group for each key.
 *
 * Source: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
export const SNS_SENDER: EventSender<AwsTarget> = {
  most: 1,
  bodyOf: (_target, record) => recordsOf(record),
  send(target, messages, nowMs) {
    const deliveries = messages.map(async (message) => {
      const form = new URLSearchParams({
        Action: "Publish",
        Version: "2010-03-31",
        TopicArn: target.arn,
        Subject: "Amazon S3 Notification",
        Message: message.body,
        ...orderOf(target, message),
      });
      const headers = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
      const request = { path: "/", headers, body: form.toString() };
      const answer = await postToAws(target, request, nowMs);
      return "text" in answer ? ({ ok: true } as const) : answer;
    });
    return Promise.all(deliveries);
  },
};
