import { vi } from "vitest";
import { expectOk, putDocument } from "./documents.ts";

export const ONE = "arn:ledge:webhook:us-east-1:000000000000:one";
export const QUEUE = "arn:ledge:queue:us-east-1:000000000000:events";
export const TWO = "arn:ledge:webhook:us-east-1:000000000000:two";
const URLS: ReadonlySet<string> = new Set([
  "https://one.example.com/",
  "https://two.example.com/hook",
]);

export interface EventRecord {
  readonly eventName: string;
  readonly s3: {
    readonly configurationId: string;
    readonly bucket: { readonly name: string };
    readonly object: Readonly<Record<string, string | number>>;
  };
}

interface Post {
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
}

/** Both webhooks of the tests, in place of `fetch`. */
export class EventReceiver {
  readonly posts: Post[] = [];
  /** What is answered, and perhaps first done. */
  answer: (post: Post) => Promise<Response> | Response = () => new Response(null, { status: 204 });

  listen(): void {
    const { fetch: elsewhere } = globalThis;
    vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
      const request = new Request(input, init);
      if (!URLS.has(request.url)) return elsewhere(input, init);
      const { url, headers } = request;
      const post = { url, headers, body: await request.text() };
      const answer = await this.answer(post);
      if (answer.ok) this.posts.push(post);
      return answer;
    });
  }

  /** Those of a bucket that were taken, in their order. */
  recordsOf(bucket: string): EventRecord[] {
    return this.posts
      .flatMap(
        ({ body }) => (JSON.parse(body) as { readonly Records?: EventRecord[] }).Records ?? [],
      )
      .filter(({ s3 }) => s3.bucket.name === bucket);
  }
}

export function queueOf(arn: string, events: readonly string[], extra = ""): string {
  const names = events.map((event) => `<Event>${event}</Event>`).join("");
  return `<QueueConfiguration>${extra}<Queue>${arn}</Queue>${names}</QueueConfiguration>`;
}

export function filterOf(...rules: readonly (readonly [name: string, value: string])[]): string {
  const each = rules.map(
    ([name, value]) => `<FilterRule><Name>${name}</Name><Value>${value}</Value></FilterRule>`,
  );
  return `<Filter><S3Key>${each.join("")}</S3Key></Filter>`;
}

export function putNotifications(
  bucket: string,
  content: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const query = { notification: "" };
  return putDocument(`/${bucket}`, query, "NotificationConfiguration", content, headers);
}

/** Without the test event. */
export async function notify(bucket: string, content: string): Promise<void> {
  const headers = { "x-amz-skip-destination-validation": "true" };
  await expectOk(putNotifications(bucket, content, headers));
}
