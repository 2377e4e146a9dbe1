import { AwsV4Signer } from "aws4fetch";
import { boundedText } from "../../lib/bounded-text.ts";
import type { AwsTarget } from "../../protocol/events/aws-target.ts";
import type { Delivery } from "./delivery.ts";

const TIMEOUT_MS = 10_000;
/** An answer about ten messages has a few kilobytes. */
const MOST_ANSWER_BYTES = 64 * 1024;
/** What a dead letter is to tell of a refusal. */
const MOST_REASON_LENGTH = 300;

interface AwsRequest {
  /** After the endpoint, as it stands on the request line. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a service of AWS's answered with 200 to 299; a text is anything else. */
type AwsAnswer = { readonly text: string } | Extract<Delivery, { readonly ok: false }>;

/**
 * Posts to a service of AWS's, signed by SigV4. Redirects are not followed, and no more of an answer is read than is looked at.
 * Never throws.
 */
export async function postToAws(
  target: AwsTarget,
  { path, headers, body }: AwsRequest,
  nowMs: number,
): Promise<AwsAnswer> {
  const { endpoint, region, kind: service, credentials } = target;
  try {
    const signed = await new AwsV4Signer({
      ...credentials,
      method: "POST",
      url: `${endpoint}${path}`,
      headers,
      body,
      service,
      region,
      datetime: new Date(nowMs).toISOString().replaceAll(/[:-]|\.\d{3}/g, ""),
    }).sign();
    const response = await fetch(String(signed.url), {
      method: "POST",
      headers: Object.fromEntries(signed.headers as unknown as Iterable<[string, string]>),
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await readBounded(response);
    if (response.ok) return { text };
    const reason = `answered ${response.status} ${text}`.trimEnd();
    return { ok: false, reason: boundedText(reason, MOST_REASON_LENGTH) };
  } catch (error) {
    return { ok: false, reason: String(error) };
  }
}

async function readBounded({ body }: Response): Promise<string> {
  if (body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text;
    bytes += value.byteLength;
    text += decoder.decode(value, { stream: true });
    if (bytes <= MOST_ANSWER_BYTES) continue;
    await reader.cancel();
    throw new Error("the target answers too much");
  }
}
