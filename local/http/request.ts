import type { BodyStream } from "./body-stream.ts";
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
  readonly #incoming: IncomingRequest;
  #controller: AbortController | undefined;
  #hasHungUp = false;

  constructor(incoming: IncomingRequest, scheme: string, body: BodyStream | undefined) {
    this.#incoming = incoming;
    this.method = incoming.method ?? "";
    this.headers = incoming.received;
    this.url = urlOf(incoming.url ?? "", scheme, this.headers);
    this.body = body ?? null;
  }

  get bodyUsed(): boolean {
    return this.body?.isBegun ?? false;
  }

  /** Where Cloudflare tells of a connection. */
  get cf(): { readonly peerAddress: string | undefined } {
    return { peerAddress: this.#incoming.socket.remoteAddress };
  }

  /** Aborted when the client hangs up before its answer is out. One that has closed its half only still gets it. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#hasHungUp) this.#controller.abort();
    return this.#controller.signal;
  }

  hangUp(): void {
    this.#hasHungUp = true;
    this.#controller?.abort();
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
function urlOf(target: string, scheme: string, headers: Headers): string {
  const host = headers.get("host");
  if (host === null) return NO_URL;
  if (target.startsWith("/") || target === "*") return `${scheme}://${host}${target}`;
  const authority = ABSOLUTE.exec(target)?.[1];
  if (authority === undefined) return NO_URL;
  headers.set("host", authority);
  return target;
}
