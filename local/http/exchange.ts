import type { ServerResponse } from "node:http";
import { type BodySource, BodyStream } from "./body-stream.ts";
import type { IncomingRequest } from "./incoming-request.ts";
import { Request } from "./request.ts";

/** One request and its answer. */
export class Exchange implements BodySource {
  readonly incoming: IncomingRequest;
  readonly outgoing: ServerResponse;
  readonly request: Request;
  readonly #expectsContinue: boolean;

  constructor(
    incoming: IncomingRequest,
    outgoing: ServerResponse,
    scheme: string,
    expectsContinue: boolean,
  ) {
    this.incoming = incoming;
    this.outgoing = outgoing;
    this.#expectsContinue = expectsContinue;
    if (hasBody(incoming)) incoming.body = new BodyStream(this);
    this.request = new Request(incoming, outgoing, scheme, incoming.body);
  }

  /** The body is read for the first time: a client that waits to be asked for it is asked. */
  begin(): void {
    if (this.#expectsContinue) this.outgoing.writeContinue();
  }

  resume(): void {
    this.incoming.resumeBody();
  }

  get isFinished(): boolean {
    return this.outgoing.writableFinished || this.outgoing.destroyed;
  }

  /** The client sends no body unless it is asked to, or not for a while. */
  get awaitsContinue(): boolean {
    return this.#expectsContinue && this.request.body?.isBegun !== true;
  }

  /** What is still to come of the body, if that is known. */
  get unreadBytes(): number {
    const { body } = this.incoming;
    if (body === undefined || body.isComplete) return 0;
    const length = this.request.headers.get("content-length");
    return length === null ? Number.POSITIVE_INFINITY : Number(length) - body.receivedBytes;
  }
}

function hasBody({ received }: IncomingRequest): boolean {
  const length = received.get("content-length");
  if (length !== null) return length !== "0";
  return received.has("transfer-encoding");
}
