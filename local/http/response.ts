import { Headers } from "./headers.ts";
import type { ResponseBody } from "./pourable-body.ts";

interface ResponseInit {
  readonly status?: number;
  readonly statusText?: string;
  readonly headers?: ConstructorParameters<typeof Headers>[0];
}

/**
 * fetch's `Response` with what Ledge uses of it. Its body is what it was made of: nothing wraps it in a stream.
 *
 * Source: https://fetch.spec.whatwg.org/#response-class
 */
export class Response {
  readonly body: ResponseBody | null;
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  /** Told how many bytes of the body the client's connection has been given, when the answer is out or broken off. */
  onSent: ((bytesSent: number) => void) | undefined = undefined;

  constructor(
    body: ResponseBody | null = null,
    { status = 200, statusText = "", headers }: ResponseInit = {},
  ) {
    this.body = body;
    this.status = status;
    this.statusText = statusText;
    this.headers = new Headers(headers);
    if (typeof body === "string" && !this.headers.has("content-type"))
      this.headers.set("content-type", "text/plain;charset=UTF-8");
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }
}
