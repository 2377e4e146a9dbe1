import { createExecutionContext } from "cloudflare:test";
import { expect, test } from "vitest";
import { app } from "../../src/http/app.ts";
import { expectError, signRequest, uniqueBucket } from "../support/client.ts";
import { filterOf, ONE, putNotifications, queueOf, TWO } from "../support/event-receiver.ts";
import { faultyEnv } from "../support/faults.ts";

const CREATED_EVENT = ["s3:ObjectCreated:Put"];

test.for<[name: string, content: string, code: string, message: string]>([
  ["no event", queueOf(ONE, []), "MalformedXML", ""],
  [
    "an unknown event",
    queueOf(ONE, ["s3:Nothing:*"]),
    "InvalidArgument",
    "The event is not supported",
  ],
  [
    "a filter of another name",
    queueOf(ONE, CREATED_EVENT, filterOf(["infix", "x"])),
    "InvalidArgument",
    "filter rule name must be either prefix or suffix",
  ],
  [
    "two prefixes",
    queueOf(ONE, CREATED_EVENT, filterOf(["prefix", "x"], ["Prefix", "y"])),
    "InvalidArgument",
    "Cannot specify more than one prefix rule in a filter.",
  ],
  [
    "a long value",
    queueOf(ONE, CREATED_EVENT, filterOf(["prefix", "x".repeat(1025)])),
    "InvalidArgument",
    "1024",
  ],
  ["no ARN", queueOf("invalid", CREATED_EVENT), "InvalidArgument", "The ARN could not be parsed"],
  [
    "an ARN that nobody declared",
    queueOf("arn:aws:sqs:us-east-1:111111111111:my-queue", CREATED_EVENT),
    "InvalidArgument",
    "The destination queue does not exist",
  ],
  [
    "a shared event",
    queueOf(ONE, ["s3:ObjectRemoved:*"]) + queueOf(TWO, ["s3:ObjectRemoved:Delete"]),
    "InvalidArgument",
    "Configurations overlap.",
  ],
  [
    "overlapping filters",
    queueOf(ONE, CREATED_EVENT, filterOf(["prefix", "a"], ["suffix", ".jpg"])) +
      queueOf(TWO, ["s3:ObjectCreated:*"], filterOf(["prefix", "ab"], ["suffix", "g"])),
    "InvalidArgument",
    "Configuration is ambiguously defined.",
  ],
  [
    "one id twice",
    queueOf(ONE, CREATED_EVENT, "<Id>x</Id>") + queueOf(TWO, ["s3:ObjectRemoved:*"], "<Id>x</Id>"),
    "InvalidArgument",
    "IDs must be unique",
  ],
])("refused: %s", async ([, content, code, message]) => {
  const bucket = await uniqueBucket();
  const headers = { "x-amz-skip-destination-validation": "true" };
  const response = await putNotifications(bucket, content, headers);
  const text = await response.clone().text();
  await expectError(response, 400, code);
  expect(text).toContain(message);
});

test("refused: EventBridge, where the deployment has none", async () => {
  const bucket = await uniqueBucket();
  const body = "<NotificationConfiguration><EventBridgeConfiguration/></NotificationConfiguration>";
  const request = await signRequest("PUT", `/${bucket}`, { query: { notification: "" }, body });
  const without = faultyEnv({ EVENT_TARGETS: "" } as Partial<Cloudflare.Env>);
  const response = await app.fetch(request, without, createExecutionContext());
  await expectError(response, 501, "NotImplemented");
});
