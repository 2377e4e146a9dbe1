import type { BodyStream } from "./body-stream.ts";
import { Headers } from "./headers.ts";
import { IncomingMessage } from "./node-http.ts";

/**
 * A request as node:http's parser tells it. The parser pushes a body into the message's own stream, which costs several
 * events and turns of the loop for a request without one; here it is passed on to a {@link BodyStream}, if there is one, and
 * that stream never runs.
 */
export class IncomingRequest extends IncomingMessage {
  body: BodyStream | undefined;
  #isEnded = false;
  #received: Headers | undefined;

  get received(): Headers {
    this.#received ??= Headers.received(this.rawHeaders);
    return this.#received;
  }

  /** Called by the parser. @returns false: it is to wait for `resumeBody` */
  override push(chunk: Uint8Array | null): boolean {
    if (chunk !== null) return this.body?.receive(chunk) ?? true;
    this.#isEnded = true;
    this.body?.end();
    return true;
  }

  resumeBody(): void {
    // oxlint-disable-next-line no-underscore-dangle -- the method that a stream has for this
    this._read(0);
  }

  /** Called by node:http when the answer is out, for a body that nobody has read. */
  override resume(): this {
    this.body?.discard();
    return this;
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.body?.fail(error ?? new Error("the connection was closed"));
    // oxlint-disable-next-line no-underscore-dangle -- the method that a stream has for this
    super._destroy(error, callback);
  }

  /** The parser has seen the end of the request. */
  get isEnded(): boolean {
    return this.#isEnded;
  }
}

// Both are declared as properties, which a class cannot override by accessors. node:http itself asks for Expect only, for
// which it would build an object of all headers.
Object.defineProperties(IncomingRequest.prototype, {
  readableEnded: {
    get(this: IncomingRequest): boolean {
      return this.isEnded;
    },
  },
  headers: {
    get(this: IncomingRequest): { readonly expect: string | undefined } {
      return { expect: this.received.get("expect") ?? undefined };
    },
  },
});
