import type { AwsTarget } from "../../protocol/events/aws-target.ts";
import { postToAws } from "./aws-request.ts";
import type { Delivery } from "./delivery.ts";
import { type EventSender, recordsOf } from "./event-sender.ts";

/**
 * Invoke, which is answered before the function runs. That a function is there is found out without running it: AWS sends functions no
 * test event.
 *
 * Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export const LAMBDA_SENDER: EventSender<AwsTarget> = {
  most: 1,
  bodyOf: (_target, record) => recordsOf(record),
  send: (target, messages, nowMs) =>
    Promise.all(messages.map(({ body }) => invoke(target, "Event", body, nowMs))),
  probe: (target, nowMs) => invoke(target, "DryRun", "{}", nowMs),
};

async function invoke(
  target: AwsTarget,
  type: "DryRun" | "Event",
  body: string,
  nowMs: number,
): Promise<Delivery> {
  const path = `/2015-03-31/functions/${encodeURIComponent(target.arn)}/invocations`;
  const headers = { "content-type": "application/json", "x-amz-invocation-type": type };
  const answer = await postToAws(target, { path, headers, body }, nowMs);
  return "text" in answer ? { ok: true } : answer;
}
