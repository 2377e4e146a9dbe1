import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { AwsReceiver, FIFO, LAMBDA, SNS, SQS } from "../support/aws-receiver.ts";
import { putObject } from "../support/client.ts";
import { expectOk } from "../support/documents.ts";
import { putNotifications, queueOf } from "../support/event-receiver.ts";
import { advanceClock } from "../support/faults.ts";
import { notifying, waiting } from "../support/notifying-bucket.ts";
import { query, runDueAlarm, startClock } from "../support/shards.ts";

const EVENTS = ["s3:ObjectCreated:*"];

const aws = new AwsReceiver();
beforeAll(() => {
  aws.listen();
  startClock();
});
beforeEach(() => {
  aws.calls.length = 0;
  aws.messages.length = 0;
  aws.answer = () => undefined;
});
afterAll(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("a queue gets ten keys' events in one call, and a key's in their order", async () => {
  const world = await notifying(queueOf(SQS, EVENTS));
  for (let i = 0; i < 12; i += 1) await putObject(world.bucket, world.key(`k${i}`), "first");
  await putObject(world.bucket, world.key("k0"), "second, and longer");
  await runDueAlarm(world.shard);
  expect(await waiting(world)).toEqual([]);
  expect(aws.calls.length).toBeLessThanOrEqual(3);
  const [call] = aws.calls;
  expect(call?.headers.get("authorization")).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/us-east-1\/sqs\/aws4_request, /,
  );
  expect(call?.headers.get("content-type")).toBe("application/x-amz-json-1.0");
  expect(call?.body).toContain('"QueueUrl":"https://aws.example.com/000000000000/queue"');
  const key = world.key("k0");
  const sizes = aws.messages.flatMap(({ body }) => {
    const { Records } = JSON.parse(body) as {
      readonly Records: readonly {
        readonly s3: { readonly object: { key: string; size: number } };
      }[];
    };
    return Records.filter(({ s3 }) => s3.object.key === key).map(({ s3 }) => s3.object.size);
  });
  expect(sizes).toEqual([5, 18]);
});

test("of a batch that is taken in part, what was not taken is sent again, and nothing of its key before", async () => {
  const world = await notifying(queueOf(SQS, EVENTS));
  const [bad, good] = [world.key("bad"), world.key("good")];
  aws.answer = ({ body }) => {
    const { Entries } = JSON.parse(body) as { Entries: { Id: string; MessageBody: string }[] };
    const [refused, taken] = [true, false].map((is) =>
      Entries.filter(({ MessageBody }) => MessageBody.includes(bad) === is),
    );
    return Response.json({
      Failed: refused?.map(({ Id }) => ({ Id, Code: "InternalError", SenderFault: false })),
      Successful: taken?.map(({ Id }) => ({ Id })),
    });
  };
  for (const key of [bad, good, bad]) await putObject(world.bucket, key, "");
  await runDueAlarm(world.shard);
  expect(await waiting(world)).toEqual([
    { key: bad, attempts: 1 },
    { key: bad, attempts: 0 },
  ]);
  // The queue as such takes messages.
  expect(await query(world.shard, "SELECT failures FROM outbox_target")).toEqual([]);
  aws.answer = () => undefined;
  advanceClock(1500);
  await runDueAlarm(world.shard);
  expect(await waiting(world)).toEqual([]);
});

test.for<[name: string, answer: Response]>([
  ["says nothing of a message", Response.json({})],
  ["answers what is no JSON", new Response("<html>")],
  ["answers with an error", Response.json({ __type: "QueueDoesNotExist" }, { status: 400 })],
  ["answers without end", new Response("x".repeat(100_000))],
])("a queue that %s has not taken it", async ([, answer]) => {
  const world = await notifying(queueOf(SQS, EVENTS));
  await putObject(world.bucket, world.key("k"), "");
  aws.answer = () => answer.clone();
  await runDueAlarm(world.shard);
  expect(await waiting(world)).toEqual([{ key: world.key("k"), attempts: 1 }]);
});

test("a FIFO queue has a group for each key, and an id for each event that no other shard gives", async () => {
  const world = await notifying(queueOf(FIFO, EVENTS));
  const long = world.key(`${"long".repeat(50)} `);
  for (const key of [world.key("k"), long]) await putObject(world.bucket, key, "");
  await runDueAlarm(world.shard);
  const extras = aws.messages.map(({ extra }) => extra);
  expect(extras).toEqual([
    {
      Id: "0",
      MessageGroupId: world.key("k"),
      MessageDeduplicationId: expect.stringMatching(`^${world.shard}/\\d+$`),
    },
    {
      Id: "1",
      MessageGroupId: expect.stringMatching(/^[0-9a-f]{64}$/),
      MessageDeduplicationId: expect.stringMatching(`^${world.shard}/\\d+$`),
    },
  ]);
});

test("queues and topics are sent the test event, and functions are asked without being run", async () => {
  const { bucket } = await notifying();
  const configured = [
    queueOf(SQS, ["s3:ObjectCreated:Put"]),
    queueOf(SNS, ["s3:ObjectCreated:Post"]).replaceAll("Queue", "Topic"),
    queueOf(LAMBDA, ["s3:ObjectCreated:Copy"]).replaceAll("Queue", "CloudFunction"),
    "<EventBridgeConfiguration/>",
  ];
  await expectOk(putNotifications(bucket, configured.join("")));
  const told = aws.messages.map(({ service, body }) => {
    const { Event, Bucket } = JSON.parse(body) as {
      readonly Event: string;
      readonly Bucket: string;
    };
    return `${service} ${Event} ${Bucket}`;
  });
  expect(told.toSorted()).toEqual([`sns s3:TestEvent ${bucket}`, `sqs s3:TestEvent ${bucket}`]);
  const subjects = aws.messages.map(({ extra }) => (extra as { Subject?: string }).Subject);
  expect(subjects).toContain("Amazon S3 Notification");
  const dryRuns = aws.calls.filter(({ headers }) => headers.get("x-amz-invocation-type") !== null);
  expect(dryRuns.map(({ url, headers }) => [url, headers.get("x-amz-invocation-type")])).toEqual([
    [`/2015-03-31/functions/${encodeURIComponent(LAMBDA)}/invocations`, "DryRun"],
  ]);
});

test("EventBridge takes ten in one call, and one that it refuses is put again", async () => {
  const world = await notifying("<EventBridgeConfiguration/>");
  const keys = Array.from({ length: 3 }, (_, i) => world.key(`k${i}`));
  for (const key of keys) await putObject(world.bucket, key, "");
  aws.answer = () =>
    Response.json({
      FailedEntryCount: 1,
      Entries: [{ EventId: "1" }, { ErrorCode: "ThrottlingException" }, { EventId: "3" }],
    });
  await runDueAlarm(world.shard);
  expect(aws.calls).toHaveLength(1);
  const { Entries } = JSON.parse(aws.calls[0]?.body ?? "") as {
    Entries: { EventBusName: string }[];
  };
  expect(Entries.map(({ EventBusName }) => EventBusName)).toEqual(
    keys.map(() => "arn:aws:events:us-east-1:000000000000:event-bus/default"),
  );
  expect(await waiting(world)).toEqual([{ key: keys[1], attempts: 1 }]);
});
