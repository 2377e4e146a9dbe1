import type { ServerResponse } from "node:http";
import type { BodyStream } from "./body-stream.ts";
import { receivedText } from "./header-text.ts";
import type { Headers } from "./headers.ts";
import type { IncomingRequest } from "./incoming-request.ts";

/**
 * fetch's `Request` with what Ledge uses of it. Its URL is no URL's normal form, but scheme, Host and request target as they
 * came, one behind the other, as in workerd.
 */
export class Request {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: BodyStream | null;
  readonly #outgoing: ServerResponse;
  #controller: AbortController | undefined;

  constructor(
    incoming: IncomingRequest,
    outgoing: ServerResponse,
    scheme: string,
    body: BodyStream | undefined,
  ) {
    this.method = incoming.method ?? "";
    this.headers = incoming.received;
    this.url = urlOf(incoming.url ?? "", scheme, this.headers);
    this.body = body ?? null;
    this.#outgoing = outgoing;
  }

  get bodyUsed(): boolean {
    return this.body?.isBegun ?? false;
  }

  /** What Cloudflare tells of a connection. */
  get cf(): undefined {
    return undefined;
  }

  /** Aborted when the client hangs up before its answer is out. */
  get signal(): AbortSignal {
    if (this.#controller !== undefined) return this.#controller.signal;
    const controller = new AbortController();
    this.#controller = controller;
    const outgoing = this.#outgoing;
    const look = (): void => {
      if (!outgoing.writableFinished) controller.abort();
    };
    if (outgoing.destroyed) look();
    else outgoing.once("close", look);
    return controller.signal;
  }
}

const ABSOLUTE = /^https?:\/\/([^/?#]*)/i;

/** No request, or one without a Host, whatever its target: no authority is empty, so that it is refused. */
const NO_URL = "http://";

/**
 * A target that names a host itself, as clients send to proxies, stands over the Host header.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2
 */
function urlOf(latin1Target: string, scheme: string, headers: Headers): string {
  const host = headers.get("host");
  if (host === null) return NO_URL;
  const target = receivedText(latin1Target);
  if (target.startsWith("/") || target === "*") return `${scheme}://${host}${target}`;
  const authority = ABSOLUTE.exec(target)?.[1];
  if (authority === undefined) return NO_URL;
  headers.set("host", authority);
  return target;
}
