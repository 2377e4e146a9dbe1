import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { AwsClient } from "aws4fetch";
import { afterEach, expect, test, vi } from "vitest";
import { EventStream } from "../support/event-stream.ts";
import { type LedgeCommand, runLedge } from "../support/ledge-command.ts";
import { SERVER } from "../support/ledge-process.ts";

const KEYS = { accessKeyId: "ledge", secretAccessKey: "ledge-local-secret" };
const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function serve(
  ...args: string[]
): Promise<{ ledge: LedgeCommand; endpoint: string; s3: S3Client }> {
  const data = await mkdtemp(path.join(tmpdir(), "ledge-listen-"));
  folders.push(data);
  const ledge = runLedge(["serve", "--port", "0", "--data", data, "--quiet", ...args]);
  const { endpoint = "" } = await ledge.event("ready");
  const s3 = new S3Client({
    endpoint,
    region: "us-east-1",
    credentials: KEYS,
    forcePathStyle: true,
  });
  await s3.send(new CreateBucketCommand({ Bucket: "shelf" }));
  return { ledge, endpoint, s3 };
}

async function stop({ child, ended }: LedgeCommand): Promise<number> {
  const began = performance.now();
  child.kill("SIGTERM");
  await ended;
  return performance.now() - began;
}

test("--events logs what happens, and a listener hears it, is let go, and holds up no end", async () => {
  // workerd lets answers without an end go on until it is killed.
  const args = SERVER === "ledge serve" ? [] : ["--stop-within", "2"];
  const { ledge, endpoint, s3 } = await serve("--events", ...args);
  const signer = new AwsClient({ ...KEYS, service: "s3", region: "us-east-1" });
  const listen = async (target: string): Promise<EventStream> => {
    const response = await signer.fetch(`${endpoint}${target}`);
    expect(response.status).toBe(200);
    return new EventStream(response);
  };
  const lines = await listen("/shelf?events=s3:ObjectCreated:*&ping=1");
  const gone = await listen("/_ledge/events?bucket=shelf");
  await gone.leave();
  await s3.send(new PutObjectCommand({ Bucket: "shelf", Key: "a b", Body: "text" }));
  await s3.send(new DeleteObjectCommand({ Bucket: "shelf", Key: "a b" }));
  const text = await lines.until((heard) => heard.includes("\n"));
  expect(JSON.parse(text)).toMatchObject({
    Records: [{ eventName: "ObjectCreated:Put", s3: { object: { key: "a+b", size: 4 } } }],
  });
  await vi.waitFor(() => expect(ledge.printed.stdout).toContain("ObjectRemoved"));
  const printed = ledge.printed.stdout.split("\n").filter((line) => line.includes('"object"'));
  expect(printed.map((line) => JSON.parse(line) as object)).toEqual([
    { event: "object", name: "ObjectCreated:Put", bucket: "shelf", key: "a b", size: 4 },
    { event: "object", name: "ObjectRemoved:Delete", bucket: "shelf", key: "a b" },
  ]);
  const stopping = stop(ledge);
  if (SERVER === "ledge serve") expect(await lines.toTheEnd()).toMatch(/\(end\)$/);
  else await lines.toTheEnd().catch(() => undefined);
  expect(await stopping).toBeLessThan(6000);
});

// workerd has no way to be told that it is about to end.
test.skipIf(SERVER !== "ledge serve")(
  "what waits is delivered before the server ends, and a receiver that does not answer holds that up no longer than it may",
  async () => {
    const taken: string[] = [];
    let answers = false;
    const receiver = createServer((request, response) => {
      taken.push(request.url ?? "");
      request.resume();
      if (answers) setTimeout(() => response.writeHead(204).end(), 30);
    });
    receiver.listen(0, "127.0.0.1");
    await once(receiver, "listening");
    const { port } = receiver.address() as AddressInfo;
    const args = ["--event-target", `hook=http://127.0.0.1:${port}/`, "--stop-within", "2"];
    const { ledge, s3 } = await serve(...args);
    const QueueArn = "arn:ledge:webhook:us-east-1:000000000000:hook";
    const QueueConfigurations = [{ QueueArn, Events: ["s3:ObjectCreated:*" as const] }];
    await s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: "shelf",
        NotificationConfiguration: { QueueConfigurations },
        SkipDestinationValidation: true,
      }),
    );
    answers = true;
    const puts = Array.from({ length: 30 }, (_, i) =>
      s3.send(new PutObjectCommand({ Bucket: "shelf", Key: `k${i}`, Body: "" })),
    );
    await Promise.all(puts);
    await stop(ledge);
    expect(taken.length).toBeGreaterThanOrEqual(30);
    receiver.closeAllConnections();
    receiver.close();
  },
);
