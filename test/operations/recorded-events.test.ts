import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { setAcl } from "../support/acl.ts";
import { AwsReceiver, LAMBDA, SNS, SQS } from "../support/aws-receiver.ts";
import { signedFetch, uniqueBucket } from "../support/client.ts";
import { copied } from "../support/copy.ts";
import { notify, queueOf } from "../support/event-receiver.ts";
import { allowedForm, formBody, sendForm } from "../support/form.ts";
import { completed, createUpload, putPart } from "../support/multipart.ts";
import { put, remove, setVersioning } from "../support/versions.ts";
import recorded from "../vectors/events/recorded.json?raw";

/** What AWS sent after some requests, as LocalStack's tests have recorded it; what differs each time is in braces. */
interface Vector {
  readonly by: string;
  readonly target: "eventbridge" | "lambda" | "sns" | "sqs";
  readonly events: readonly string[];
  /** Requests before the bucket notifies. */
  readonly before?: readonly string[];
  readonly steps: readonly string[];
  readonly messages: readonly object[];
  /** What AWS does besides, and Ledge does not. */
  readonly but?: string;
}

const VECTORS = JSON.parse(recorded) as readonly Vector[];
const ARNS = { sqs: SQS, sns: SNS, lambda: LAMBDA };
const TAGGING = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";

const aws = new AwsReceiver();
beforeAll(() => aws.listen());
afterAll(() => void vi.unstubAllGlobals());

/** Does what a step says; `versions` are the ids that were made so far. */
async function run(bucket: string, step: string, versions: (string | null)[]): Promise<void> {
  const [verb = "", first = "", ...rest] = step.split(" ");
  const text = rest.join(" ");
  const path = `/${bucket}/${first}`;
  switch (verb) {
    case "VERSIONING":
      return setVersioning(bucket, first as "Enabled");
    case "PUT":
      versions.push(await put(bucket, first, text));
      return;
    case "COPY":
      return void (await copied(`${bucket}/${first}`, `${bucket}/${text}`));
    case "DELETE":
      versions.push((await remove(bucket, first)).headers.get("x-amz-version-id"));
      return;
    case "DELETE-VERSION":
      return void (await remove(bucket, first, versions[Number(text)] ?? ""));
    case "DELETE-ALL": {
      const keys = [first, ...rest].map((key) => `<Object><Key>${key}</Key></Object>`);
      const body = `<Delete>${keys.join("")}</Delete>`;
      return void (await signedFetch("POST", `/${bucket}`, { query: { delete: "" }, body }));
    }
    case "MULTIPART": {
      const uploadId = await createUpload(bucket, first);
      const part = await putPart(bucket, first, uploadId, 1, "1".repeat(6144));
      return void (await completed(bucket, first, uploadId, [part]));
    }
    case "TAG":
      return void (await signedFetch("PUT", path, { query: { tagging: "" }, body: TAGGING }));
    case "UNTAG":
      return void (await signedFetch("DELETE", path, { query: { tagging: "" } }));
    case "ACL":
      return setAcl(`${bucket}/${first}`, { "x-amz-acl": text });
    case "FORM":
      return void (await sendForm(
        bucket,
        formBody(allowedForm(bucket, [["key", first]]), { file: text }),
      ));
  }
  throw new Error(`no such step: ${step}`);
}

const HOLES: readonly (readonly [members: RegExp, value: RegExp, hole: string])[] = [
  [/^(eventTime|time)$/, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, "{time}"],
  [/^(sourceIPAddress|source-ip-address)$/, /^[\d.:a-f]*$/, "{ip}"],
  [/^(x-amz-request-id|request-id)$/, /^\w+$/, "{request-id}"],
  [/^x-amz-id-2$/, /^\S+$/, "{host-id}"],
  [/^configurationId$/, /^\w{48}$/, "{configuration-id}"],
  [/^sequencer$/, /^[0-9A-F]{18}$/, "{sequencer}"],
  [/^(versionId|version-id)$/, /^\S{10,}$/, "{version-id}"],
  [/^requester$/, /^\d{12}$/, "{requester}"],
  [/^ownerIdentity\.principalId$/, /^[0-9a-f]{64}$/, "{owner}"],
  [/^userIdentity\.principalId$/, /^\d{12}$/, "{principal}"],
];

/** What differs each time, in the braces of the vectors, provided that it looks as it should. */
function withHoles(value: unknown, name: string, parent: string, bucket: string): unknown {
  if (Array.isArray(value)) return value.map((each) => withHoles(each, name, parent, bucket));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([member, each]) => [
        member,
        withHoles(each, member, name, bucket),
      ]),
    );
  if (typeof value !== "string") return value;
  const hole = HOLES.find(
    ([members, pattern]) =>
      (members.test(name) || members.test(`${parent}.${name}`)) && pattern.test(value),
  );
  return hole?.[2] ?? value.replaceAll(bucket, "{bucket}");
}

/** What a service was sent of the bucket, as far as AWS's own service does not add the rest. */
function messagesOf(target: Vector["target"], bucket: string): unknown[] {
  return aws.messages
    .filter(({ service, body }) => service === target && body.includes(bucket))
    .flatMap(({ body, extra }): object[] => {
      const message = JSON.parse(body) as Readonly<Record<string, unknown>>;
      if (target === "eventbridge") {
        const { Source, DetailType, Resources, Detail } = message;
        const detail = JSON.parse(String(Detail)) as object;
        return [{ source: Source, "detail-type": DetailType, resources: Resources, detail }];
      }
      if (target !== "sns") return message["Records"] as object[];
      return [{ Subject: (extra as { readonly Subject?: string }).Subject, ...message }];
    })
    .map((message) => withHoles(message, "", "", bucket));
}

function sorted(messages: readonly unknown[]): unknown[] {
  return messages.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** All members in one order, since the recordings have lost AWS's. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([name, each]): [string, unknown] => [
    name,
    ordered(each),
  ]);
  return Object.fromEntries(members.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

test.for(VECTORS.map((vector, i): [string, Vector] => [`${vector.by} (${i})`, vector]))(
  "%s is told as AWS told it",
  async ([, { target, events, before = [], steps, messages }]) => {
    const bucket = await uniqueBucket();
    const versions: (string | null)[] = [];
    for (const step of before) await run(bucket, step, versions);
    await notify(
      bucket,
      target === "eventbridge" ? "<EventBridgeConfiguration/>" : queueOf(ARNS[target], events),
    );
    for (const step of steps) await run(bucket, step, versions);
    const expected = sorted(messages.map(ordered));
    await vi.waitFor(
      () => expect(sorted(messagesOf(target, bucket).map(ordered))).toEqual(expected),
      { timeout: 10_000, interval: 5 },
    );
  },
);
