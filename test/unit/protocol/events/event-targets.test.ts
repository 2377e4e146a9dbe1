import { expect, test } from "vitest";
import { readEventTargets } from "../../../../src/protocol/events/event-targets.ts";

const HOOK = "arn:ledge:webhook:us-east-1:000000000000:hook";
const QUEUE = "arn:ledge:queue:us-east-1:000000000000:events";

const SQS = "arn:aws:sqs:eu-west-1:000000000000:orders.fifo";
const KEYS = { accessKeyId: "id", secretAccessKey: "secret" };

function read(target: unknown, { arn = HOOK, isLocal = false, bindings = {} } = {}): unknown {
  const json = JSON.stringify({ [arn]: target });
  return readEventTargets("EVENT_TARGETS", json, bindings, isLocal).get(arn);
}

test("a target is read, with MinIO's envelope unless it says otherwise", () => {
  expect(readEventTargets("EVENT_TARGETS", "", {}, false).size).toBe(0);
  const url = "https://example.com/hook";
  expect(read({ url })).toEqual({ kind: "webhook", url, envelope: "minio" });
  const all = { url, envelope: "aws", bearer: "b", hmacSecret: "s" };
  expect(read(all, { arn: "arn:minio:sqs::_:webhook" })).toEqual({ kind: "webhook", ...all });
  const queue = { sendBatch: async () => undefined };
  expect(read({ queue: "EVENTS" }, { arn: QUEUE, bindings: { EVENTS: queue } })).toEqual({
    kind: "queue",
    queue,
  });
});

test.for([
  "http://example.com/",
  "https://localhost/",
  "https://localhost./",
  "https://a.localhost/",
  "https://db.internal/",
  "https://printer.local/",
  "https://127.0.0.1/",
  "https://0x7f.1/",
  "https://10.0.0.1:8443/",
  "https://[::1]/",
  "ftp://example.com/",
])("a deployment's webhook is not at %s", (url) => {
  expect(() => read({ url })).toThrow("not https, or not at a public host name");
});

test("AWS's targets are where their ARN says, or where the deployment does", () => {
  const aws = { region: "eu-west-1", credentials: KEYS };
  expect(read(KEYS, { arn: SQS })).toEqual({
    ...aws,
    kind: "sqs",
    arn: SQS,
    endpoint: "https://sqs.eu-west-1.amazonaws.com",
    source: "ledge.s3",
  });
  const endpoint = "http://localhost:9324";
  const elsewhere = { ...KEYS, sessionToken: "token", endpoint: `${endpoint}/` };
  expect(read(elsewhere, { arn: SQS, isLocal: true })).toMatchObject({
    endpoint,
    credentials: { ...KEYS, sessionToken: "token" },
  });
  const china = "arn:aws-cn:sns:cn-north-1:000000000000:topic";
  expect(read(KEYS, { arn: china })).toMatchObject({
    kind: "sns",
    endpoint: "https://sns.cn-north-1.amazonaws.com.cn",
  });
  const bus = "arn:aws:events:us-east-1:000000000000:event-bus/default";
  // AWS refuses a source that begins with "aws."; what stands in for AWS does not.
  expect(read({ ...KEYS, bus }, { arn: "eventbridge" })).toMatchObject({ source: "ledge.s3" });
  expect(
    read({ ...KEYS, bus, endpoint: "https://bus.example.com" }, { arn: "eventbridge" }),
  ).toMatchObject({ kind: "events", arn: bus, source: "aws.s3" });
});

test("the local server's webhooks are anywhere, by HTTP", () => {
  const url = "http://localhost:3000/hook";
  expect(read({ url }, { isLocal: true })).toEqual({ kind: "webhook", url, envelope: "minio" });
  expect(() => read({ url: "file:///etc/passwd" }, { isLocal: true })).toThrow("has a url");
});

test.for<[target: unknown, arn: string | undefined, fault: string]>([
  [{ url: "https://example.com" }, "arn:aws:sqs:us-east-1:1:q", "is not called"],
  [KEYS, "arn:aws:s3:::bucket", "is not called"],
  [{ accessKeyId: "id" }, SQS, "has no secretAccessKey"],
  [{ ...KEYS, endpoint: "http://localhost:9324" }, SQS, "has a url that is not https"],
  [{ ...KEYS, url: "https://example.com" }, SQS, 'has a member "url"'],
  [KEYS, "arn:aws:events:us-east-1:000000000000:event-bus/default", 'is called "eventbridge"'],
  [KEYS, "eventbridge", 'has no "bus"'],
  [{ ...KEYS, bus: SQS }, "eventbridge", "has a bus that is not"],
  ["https://example.com", undefined, "is not an object"],
  [{}, undefined, "has no url"],
  [{ url: "no url" }, undefined, "has no url"],
  [{ url: "https://me:secret@example.com" }, undefined, "has credentials"],
  [{ url: "https://example.com", envelope: "x" }, undefined, "has an envelope"],
  [{ url: "https://example.com", token: "x" }, undefined, 'has a member "token"'],
  [{ url: "https://example.com", bearer: "" }, undefined, 'has a member "bearer"'],
  [{ queue: "EVENTS" }, QUEUE, "has no binding"],
  [{ queue: "EVENTS", url: "https://example.com" }, QUEUE, 'has not just a "queue"'],
])("%j is refused", ([target, arn, fault]) => {
  expect(() => read(target, arn === undefined ? {} : { arn })).toThrow(fault);
});

test.for(["{", "[]", '"x"', "null"])("%s is no JSON object, and is not told", (json) => {
  expect(() => readEventTargets("EVENT_TARGETS", json, {}, false)).toThrow(
    /^EVENT_TARGETS is not a JSON object$/,
  );
});
