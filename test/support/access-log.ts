import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { putPolicy } from "./bucket-policy.ts";
import { elements, signedFetch, uniqueBucket } from "./client.ts";
import { expectOk } from "./documents.ts";
import { advanceClock, bucketIdOf, faultyFetch } from "./faults.ts";
import { runDueAlarm } from "./shards.ts";

/** The fields of a line, by an independent reading of AWS's description. */
const FIELDS =
  "ownerId bucket time remoteIp requester requestId operation key uri status errorCode bytesSent objectSize totalMs turnaroundMs referer userAgent versionId hostId signatureVersion cipherSuite authenticationType host tlsVersion accessPoint aclRequired".split(
    " ",
  );

export type LogRecord = Readonly<Record<string, string>>;

export function parseLog(text: string): LogRecord[] {
  expect(text.endsWith("\n")).toBe(true);
  return text
    .slice(0, -1)
    .split("\n")
    .map((line) => {
      const values = line.match(/\[[^\]]*\]|"[^"]*"|[^ ]+/g) ?? [];
      expect(values, line).toHaveLength(FIELDS.length);
      return Object.fromEntries(FIELDS.map((name, i) => [name, values[i] ?? ""]));
    });
}

export const LOG_WRITER = { Service: "logging.s3.amazonaws.com" };

/** A bucket that logs may go to. */
export async function logBucket(): Promise<string> {
  const bucket = await uniqueBucket();
  await putPolicy(bucket, { Principal: LOG_WRITER, Action: "s3:PutObject", on: ["*"] });
  return bucket;
}

export function putLogging(bucket: string, content: string): Promise<Response> {
  const body = `<BucketLoggingStatus>${content}</BucketLoggingStatus>`;
  return send("PUT", `/${bucket}`, { query: { logging: "" }, body });
}

export function loggingTo(target: string, prefix = "log/", more = ""): string {
  return `<LoggingEnabled><TargetBucket>${target}</TargetBucket>${more}<TargetPrefix>${prefix}</TargetPrefix></LoggingEnabled>`;
}

/** A bucket that is logged, and the one that its log goes to. */
export async function loggedBucket(
  prefix = "log/",
  more = "",
): Promise<{ readonly bucket: string; readonly target: string }> {
  const [bucket, target] = [await uniqueBucket(), await logBucket()];
  await expectOk(putLogging(bucket, loggingTo(target, prefix, more)));
  return { bucket, target };
}

/** A request of which all is done that goes on after its answer, when that has been read. */
export async function send(
  ...[method, path, init]: Parameters<typeof signedFetch>
): Promise<Response> {
  return faultyFetch(env, method, path, init);
}

/** Lets the log of a bucket be delivered. @returns the keys of the log objects there are */
export async function deliverLog(target: string): Promise<string[]> {
  advanceClock(301_000);
  await runDueAlarm(`${await bucketIdOf(target)}/0`);
  const listing = await signedFetch("GET", `/${target}`, { query: { "list-type": "2" } });
  return elements(await listing.text(), "Key");
}

/** All lines in a bucket, but for those of the requests that configured the log. */
export async function logOf(target: string): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for (const key of (await deliverLog(target)).filter((each) => each.startsWith("log/")))
    records.push(...parseLog(await (await signedFetch("GET", `/${target}/${key}`)).text()));
  return records.filter(({ operation }) => operation !== "REST.PUT.LOGGING_STATUS");
}
