import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import {
  CreateBucketCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { AwsClient } from "aws4fetch";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type LedgeProcess, startLedge } from "../support/ledge-process.ts";
import { sdkClient } from "../support/sdk.ts";

/** Moto is SQS, SNS, and EventBridge in Python; where it is not installed, these tests are left out. */
const MOTO = process.env["MOTO_SERVER"] ?? "moto_server";
const hasMoto = spawnSync(MOTO, ["--help"]).status === 0;
if (!hasMoto) console.log("moto_server is not installed: SQS, SNS, and EventBridge are not tried");

const KEYS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
const REGION = "us-east-1";
const ACCOUNT = "123456789012";
const arnOf = (service: string, name: string): string =>
  `arn:aws:${service}:${REGION}:${ACCOUNT}:${name}`;
const BUS = arnOf("events", "event-bus/default");

let moto: ChildProcess;
let endpoint: string;
let ledge: LedgeProcess;

async function call<Answer extends object>(
  service: string,
  target: string,
  body: object,
): Promise<Answer> {
  const client = new AwsClient({ ...KEYS, service, region: REGION, retries: 0 });
  const version = service === "sqs" ? "1.0" : "1.1";
  const headers = { "content-type": `application/x-amz-json-${version}`, "x-amz-target": target };
  const init = { method: "POST", headers, body: JSON.stringify(body) };
  const response = await client.fetch(endpoint, init);
  expect(response.status, target).toBe(200);
  return response.json<Answer>();
}

async function query(service: string, parameters: Record<string, string>): Promise<void> {
  const client = new AwsClient({ ...KEYS, service, region: REGION, retries: 0 });
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const body = new URLSearchParams({ Version: "2010-03-31", ...parameters }).toString();
  expect((await client.fetch(endpoint, { method: "POST", headers, body })).status).toBe(200);
}

function createQueue(QueueName: string, Attributes = {}): Promise<unknown> {
  return call("sqs", "AmazonSQS.CreateQueue", { QueueName, Attributes });
}

interface Message {
  readonly Body: string;
  readonly Attributes?: Readonly<Record<string, string>>;
}

async function receive(queue: string): Promise<readonly Message[]> {
  const { Messages = [] } = await call<{ readonly Messages?: readonly Message[] }>(
    "sqs",
    "AmazonSQS.ReceiveMessage",
    {
      QueueUrl: `${endpoint}/${ACCOUNT}/${queue}`,
      MaxNumberOfMessages: 10,
      AttributeNames: ["All"],
    },
  );
  return Messages;
}

/** What a queue gets of the keys that were put: a slow receiver may get one twice. @param count of different ones */
async function keysIn(
  queue: string,
  textOf: (message: Message) => string[],
  count: number,
): Promise<string[]> {
  const keys = new Set<string>();
  await vi.waitFor(
    async () => {
      for (const message of await receive(queue)) for (const key of textOf(message)) keys.add(key);
      expect(keys.size).toBeGreaterThanOrEqual(count);
    },
    { timeout: 50_000, interval: 50 },
  );
  return [...keys];
}

interface Body {
  readonly Event?: string;
  readonly Records?: readonly { readonly s3: { readonly object: { readonly key: string } } }[];
}

function told(text: string): string[] {
  const { Event, Records = [] } = JSON.parse(text) as Body;
  return Event === undefined ? Records.map(({ s3 }) => s3.object.key) : [Event];
}

describe.skipIf(!hasMoto)("real receivers:", () => {
  beforeAll(async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    endpoint = `http://127.0.0.1:${port}`;
    moto = spawn(MOTO, ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
    await vi.waitFor(() => fetch(endpoint), { timeout: 60_000, interval: 100 });
    await createQueue("plain");
    await createQueue("ordered.fifo", { FifoQueue: "true" });
    await createQueue("of-topic");
    await createQueue("of-bus");
    await query("sns", { Action: "CreateTopic", Name: "topic" });
    await query("sns", {
      Action: "Subscribe",
      TopicArn: arnOf("sns", "topic"),
      Protocol: "sqs",
      Endpoint: arnOf("sqs", "of-topic"),
    });
    await call("events", "AWSEvents.PutRule", {
      Name: "all",
      EventPattern: JSON.stringify({ source: ["aws.s3"] }),
    });
    await call("events", "AWSEvents.PutTargets", {
      Rule: "all",
      Targets: [{ Id: "1", Arn: arnOf("sqs", "of-bus") }],
    });
    const target = { ...KEYS, endpoint };
    const EVENT_TARGETS = JSON.stringify({
      [arnOf("sqs", "plain")]: target,
      [arnOf("sqs", "ordered.fifo")]: target,
      [arnOf("sqs", "missing")]: target,
      [arnOf("sns", "topic")]: target,
      eventbridge: { ...target, bus: BUS },
    });
    ledge = await startLedge({ env: { EVENT_TARGETS } });
  }, 120_000);

  afterAll(async () => {
    await ledge?.stop();
    moto?.kill("SIGKILL");
  });

  test("a queue, a FIFO queue, a topic, and a bus get what happens, and the test event", async () => {
    const s3 = sdkClient(ledge);
    await s3.send(new CreateBucketCommand({ Bucket: "moto" }));
    const of = (prefix: string) => ({
      Events: ["s3:ObjectCreated:*" as const],
      Filter: { Key: { FilterRules: [{ Name: "prefix" as const, Value: prefix }] } },
    });
    await s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: "moto",
        NotificationConfiguration: {
          QueueConfigurations: [
            { QueueArn: arnOf("sqs", "plain"), ...of("p") },
            { QueueArn: arnOf("sqs", "ordered.fifo"), ...of("f") },
          ],
          TopicConfigurations: [{ TopicArn: arnOf("sns", "topic"), ...of("t") }],
          EventBridgeConfiguration: {},
        },
      }),
    );
    // More for the queue than SQS takes at once.
    const counts = { p: 12, f: 4, t: 4 };
    const puts = Object.entries(counts).map(([prefix, count]) =>
      Array.from({ length: count }, (_, i) =>
        s3.send(new PutObjectCommand({ Bucket: "moto", Key: `${prefix}/ü ${i}`, Body: "x" })),
      ),
    );
    await Promise.all(puts.flat());
    const keys = (prefix: keyof typeof counts): string[] =>
      Array.from({ length: counts[prefix] }, (_, i) => `${prefix}/%C3%BC+${i}`);
    const bodies = ({ Body }: Message): string[] => told(Body);
    const plain = await keysIn("plain", bodies, 13);
    expect(plain.toSorted()).toEqual([...keys("p"), "s3:TestEvent"].toSorted());
    const ofTopic = await keysIn(
      "of-topic",
      ({ Body }) => {
        const { Subject, Message } = JSON.parse(Body) as { Subject: string; Message: string };
        return told(Message).map((key) => `${Subject}: ${key}`);
      },
      5,
    );
    expect(ofTopic.toSorted()).toEqual(
      [...keys("t"), "s3:TestEvent"].map((key) => `Amazon S3 Notification: ${key}`).toSorted(),
    );
    const ofBus = await keysIn(
      "of-bus",
      ({ Body }) => {
        const event = JSON.parse(Body) as {
          readonly "detail-type": string;
          readonly detail: { readonly object: { readonly key: string } };
        };
        return [`${event["detail-type"]} ${event.detail.object.key}`];
      },
      20,
    );
    expect(ofBus).toHaveLength(20);
    expect(ofBus).toContain("Object Created f/ü 3");
    const groups = await keysIn(
      "ordered.fifo",
      ({ Attributes = {} }) => [Attributes["MessageGroupId"] ?? ""],
      5,
    );
    expect(groups).toContain("s3:TestEvent");
  }, 60_000);

  test("a queue that is not there is refused as AWS refuses it", async () => {
    const s3 = sdkClient(ledge);
    await s3.send(new CreateBucketCommand({ Bucket: "moto-missing" }));
    const configured = s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: "moto-missing",
        NotificationConfiguration: {
          QueueConfigurations: [
            { QueueArn: arnOf("sqs", "missing"), Events: ["s3:ObjectCreated:*"] },
          ],
        },
      }),
    );
    await expect(configured).rejects.toThrow(
      "Unable to validate the following destination configurations",
    );
  });
});
