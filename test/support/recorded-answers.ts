import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { parseXml, type XmlElement } from "../../src/lib/xml-reader.ts";
import { signedFetch, uniqueBucket } from "./client.ts";
import { sendKms } from "./kms.ts";
import { lockedBucket } from "./object-lock.ts";
import { visit } from "./website.ts";
import { setVersioning, versionedBucket } from "./versions.ts";

/** A story of requests, in a bucket of its own, and what AWS was recorded to answer to them. */
export interface Recording {
  readonly name: string;
  /** The test that recorded it. */
  readonly by: string;
  readonly bucket?: keyof typeof BUCKETS;
  readonly steps: readonly Step[];
}

/**
 * One request and what is known of its answer. In all texts, `{bucket}` is the bucket's name, and `{x}` what an earlier
 * step has kept as `x`.
 */
interface Step {
  /** `METHOD path?query`, encoded; or `KMS action`, whose documents are JSON, and are asked for as XML's are. */
  readonly send: string;
  /** It goes to the bucket's website, unsigned. */
  readonly at?: "website";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** 200 when absent. */
  readonly status?: number;
  /** All elements of the error document but RequestId and HostId; the message is the code's usual one when absent. */
  readonly error?: Readonly<Record<string, string>>;
  /** Texts of the document, by their path below the root, as `Owner/ID`: of one element, of several, or of none. */
  readonly document?: Readonly<Record<string, string | readonly string[] | null>>;
  /** The whole body; of a page, its ids are `{requestId}` and `{hostId}`. */
  readonly text?: string;
  /** Some headers of the answer; null: it has none of this name. */
  readonly sees?: Readonly<Record<string, string | null>>;
  /** What later steps call the text of this header, or, if there is none, of this element, or what is at this path. */
  readonly keep?: Readonly<Record<string, string>>;
}

const BUCKETS = {
  plain: uniqueBucket,
  versioned: versionedBucket,
  suspended: async () => {
    const bucket = await uniqueBucket();
    await setVersioning(bucket, "Suspended");
    return bucket;
  },
  locked: lockedBucket,
};

/** Sends the requests in their order, and expects of each answer what is known of it. */
export async function expectAnswers(
  { bucket = "plain", steps }: Recording,
  messages: Readonly<Record<string, string>>,
): Promise<void> {
  const kept: Record<string, string> = {
    bucket: await BUCKETS[bucket](),
    account: env.ACCOUNT_ID,
    unique: crypto.randomUUID(),
  };
  for (const template of steps) {
    const step = filledIn(template, kept);
    const response = await answerTo(step, kept["bucket"] ?? "");
    const text = await response.clone().text();
    expect(response.status, `${step.send}: ${text}`).toBe(step.status ?? 200);
    expectAnswer(step, response, text, messages);
    for (const [name, source] of Object.entries(step.keep ?? {}))
      kept[name] = source.includes("/")
        ? String(textsAt(rootOf(text), source.split("/")))
        : (response.headers.get(source) ?? elementText(text, source));
  }
}

function answerTo({ send, at, headers = {}, body }: Step, bucket: string): Promise<Response> {
  const space = send.indexOf(" ");
  const [method, path] = [send.slice(0, space), send.slice(space + 1)];
  if (method === "KMS") return sendKms(path, body ?? "{}");
  // As bytes, which get no Content-Type by themselves.
  const bytes = body === undefined ? {} : { body: Uint8Array.from(Buffer.from(body)) };
  return at === "website"
    ? visit(bucket, path, { method, headers, ...bytes })
    : signedFetch(method, path, { headers, ...bytes });
}

function expectAnswer(
  { send, error, document = {}, text, sees = {} }: Step,
  response: Response,
  body: string,
  messages: Readonly<Record<string, string>>,
): void {
  if (error !== undefined) {
    const { Message = messages[error["Code"] ?? ""] } = error;
    expect(errorOf(body), send).toEqual({ ...error, Message });
  }
  const paths = Object.keys(document);
  const found = paths.map((path) => [path, textsAt(rootOf(body), path.split("/"))]);
  expect(Object.fromEntries(found), send).toEqual(document);
  if (text !== undefined) expect(withoutIds(body, response), send).toBe(text);
  const seen = Object.keys(sees).map((name) => [name, response.headers.get(name)]);
  expect(Object.fromEntries(seen), send).toEqual(sees);
}

/** What differs from answer to answer is `{requestId}` and `{hostId}`. */
function withoutIds(body: string, { headers }: Response): string {
  return body
    .replace(headers.get("x-amz-request-id") ?? "", "{requestId}")
    .replace(headers.get("x-amz-id-2") ?? "", "{hostId}");
}

function errorOf(body: string): Readonly<Record<string, string>> {
  if (isJson(body)) {
    const { __type: Code = "", message: Message = "" } = JSON.parse(body) as Record<string, string>;
    return { Code, Message };
  }
  const members = parseXml(body).children.map(({ name, text }) => [name, text]);
  const { RequestId: _, HostId: __, ...error } = Object.fromEntries(members);
  return error;
}

function rootOf(body: string): XmlElement {
  return isJson(body) ? elementOf("", JSON.parse(body)) : parseXml(body);
}

function isJson(body: string): boolean {
  return body.startsWith("{");
}

/** Each element of a list is a child of the list's name. */
function elementOf(name: string, value: unknown): XmlElement {
  if (typeof value !== "object" || value === null)
    return { name, attributes: {}, text: String(value), children: [] };
  const children = Object.entries(value).flatMap(([member, inner]) =>
    (Array.isArray(inner) ? inner : [inner]).map((each) => elementOf(member, each)),
  );
  return { name, attributes: {}, text: "", children };
}

function textsAt(root: XmlElement, path: readonly string[]): string | readonly string[] | null {
  let found: readonly XmlElement[] = [root];
  for (const name of path)
    found = found.flatMap(({ children }) => children.filter((child) => child.name === name));
  const [first, ...others] = found.map(({ text }) => text);
  return first === undefined ? null : others.length === 0 ? first : [first, ...others];
}

function elementText(body: string, name: string): string {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1];
  if (text === undefined) throw new Error(`there is no ${name} to keep in ${body}`);
  return text.replaceAll("&quot;", '"');
}

function filledIn(step: Step, kept: Readonly<Record<string, string>>): Step {
  return mapTexts(step, (text) =>
    typeof text === "string"
      ? text.replace(/\{(\w+)\}/g, (whole, name) => kept[name] ?? whole)
      : text,
  ) as Step;
}

function mapTexts(value: unknown, change: (text: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((entry) => mapTexts(entry, change));
  if (typeof value !== "object" || value === null) return change(value);
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [name, mapTexts(entry, change)]),
  );
}
