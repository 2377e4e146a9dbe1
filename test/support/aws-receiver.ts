import { vi } from "vitest";

/** Where the tests' targets of AWS's are declared to be (vitest.config.ts). */
const HOST = "aws.example.com";
const ACCOUNT = "us-east-1:000000000000";

export const SQS = `arn:aws:sqs:${ACCOUNT}:queue`;
export const FIFO = `arn:aws:sqs:${ACCOUNT}:queue.fifo`;
export const SNS = `arn:aws:sns:${ACCOUNT}:topic`;
export const LAMBDA = `arn:aws:lambda:${ACCOUNT}:function:function`;

interface AwsCall {
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
}

interface Entry {
  readonly Id: string;
  readonly MessageBody: string;
  readonly MessageGroupId?: string;
  readonly MessageDeduplicationId?: string;
}

/** SQS, SNS, Lambda, and EventBridge, in place of `fetch`. */
export class AwsReceiver {
  readonly calls: AwsCall[] = [];
  /** What has been taken, as it came. */
  readonly messages: { readonly service: string; readonly body: string; readonly extra: object }[] =
    [];
  /** Another answer than that all is well; undefined: that. */
  answer: (call: AwsCall) => Response | undefined = () => undefined;

  listen(): void {
    const { fetch: elsewhere } = globalThis;
    vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
      const request = new Request(input, init);
      const { host, pathname } = new URL(request.url);
      if (host !== HOST) return elsewhere(input, init);
      const call = {
        url: pathname,
        headers: request.headers,
        body: Buffer.from(await request.arrayBuffer()).toString(),
      };
      this.calls.push(call);
      return this.answer(call) ?? this.#take(call);
    });
  }

  #take({ url, headers, body }: AwsCall): Response {
    const target = headers.get("x-amz-target");
    if (target === "AmazonSQS.SendMessageBatch") {
      const { Entries } = JSON.parse(body) as { readonly Entries: readonly Entry[] };
      for (const { MessageBody, ...extra } of Entries)
        this.messages.push({ service: "sqs", body: MessageBody, extra });
      return Response.json({ Successful: Entries.map(({ Id }) => ({ Id })) });
    }
    if (target === "AWSEvents.PutEvents") {
      const { Entries } = JSON.parse(body) as { readonly Entries: readonly object[] };
      for (const entry of Entries)
        this.messages.push({ service: "eventbridge", body: JSON.stringify(entry), extra: {} });
      const taken = Entries.map(() => ({ EventId: crypto.randomUUID() }));
      return Response.json({ FailedEntryCount: 0, Entries: taken });
    }
    if (url.endsWith("/invocations")) {
      if (headers.get("x-amz-invocation-type") === "DryRun")
        return new Response(null, { status: 204 });
      this.messages.push({ service: "lambda", body, extra: {} });
      return new Response(null, { status: 202 });
    }
    const { Message = "", ...extra } = Object.fromEntries(new URLSearchParams(body));
    this.messages.push({ service: "sns", body: Message, extra });
    return new Response("<PublishResponse/>");
  }
}
