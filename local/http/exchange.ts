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
    const lengthBytes = bodyLengthBytes(incoming);
    if (lengthBytes !== undefined) incoming.body = new BodyStream(this, lengthBytes);
    // botocore before 1.43.77 expects it of an empty body too, and would take the next one for its answer
    // (https://github.com/boto/botocore/issues/3755).
    else if (expectsContinue) outgoing.writeContinue();
    this.request = new Request(incoming, scheme, incoming.body);
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
}

/** Undefined: there is none. */
function bodyLengthBytes({ received }: IncomingRequest): number | undefined {
  const length = received.get("content-length");
  if (length !== null) return length === "0" ? undefined : Number(length);
  return received.has("transfer-encoding") ? Number.NaN : undefined;
}
