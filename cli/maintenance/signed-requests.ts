import { once } from "node:events";
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { AwsV4Signer } from "aws4fetch";
import { messageOf, systemCode, UserError } from "../user-error.ts";

export interface Endpoint {
  /** Without a slash at its end. */
  readonly url: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Bytes whose number is known. */
export interface Sent {
  readonly sizeBytes: number;
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface RequestOptions {
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: Sent | Uint8Array | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a server refused, in its words. */
export class RefusedError extends UserError {
  readonly status: number;
  /** S3's; empty: the server said nothing of the kind. */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** How long nothing may come. A page of a large shard takes seconds. */
const PATIENCE_MS = 120_000;

/** Requests to one S3 server, signed by one key, over connections that are kept. */
export class SignedRequests {
  readonly #endpoint: Endpoint;
  readonly #agent: http.Agent;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
    const { Agent } = endpoint.url.startsWith("https:") ? https : http;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 16 });
  }

  /**
   * @param path encoded already
   * @throws RefusedError for an answer of 300 or more; UserError when nobody answers
   */
  async send(method: string, path: string, options: RequestOptions = {}): Promise<IncomingMessage> {
    const response = await this.#answerOf(method, path, options);
    const { statusCode: status = 0 } = response;
    if (status < 300) return response;
    const document = await text(response);
    const [, code = ""] = /<Code>([^<]*)<\/Code>/.exec(document) ?? [];
    const [, message = `the answer was ${status}`] =
      /<Message>([^<]*)<\/Message>/.exec(document) ?? [];
    throw new RefusedError(status, code, message);
  }

  async json<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const body = (await buffer(await this.send(method, path, options))).toString();
    try {
      return JSON.parse(body) as T;
    } catch {
      throw new UserError(`${this.#endpoint.url} answers no JSON: is it a Ledge?`);
    }
  }

  /** As {@link send}, of an answer that nobody reads. */
  async done(method: string, path: string, options: RequestOptions = {}): Promise<IncomingMessage> {
    const response = await this.send(method, path, options);
    response.resume();
    await once(response, "end");
    return response;
  }

  close(): void {
    this.#agent.destroy();
  }

  async #answerOf(
    method: string,
    path: string,
    { query = {}, body, headers = {} }: RequestOptions,
  ): Promise<IncomingMessage> {
    const { url: origin, region, accessKeyId, secretAccessKey } = this.#endpoint;
    const url = new URL(origin + path);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, value);
    const signed = await new AwsV4Signer({
      ...{ method, url: String(url), region, accessKeyId, secretAccessKey, service: "s3" },
      headers: { ...headers, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
    }).sign();
    const { request } = origin.startsWith("https:") ? https : http;
    const sizeBytes = body instanceof Uint8Array ? body.byteLength : (body?.sizeBytes ?? 0);
    const sent = request(String(signed.url), {
      method,
      agent: this.#agent,
      timeout: PATIENCE_MS,
      headers: { ...Object.fromEntries(signed.headers), "content-length": sizeBytes },
    });
    sent.once("timeout", () => sent.destroy(new Error("no answer came in time")));
    const answered = once(sent, "response") as Promise<[IncomingMessage]>;
    if (body === undefined || body instanceof Uint8Array) sent.end(body);
    else
      Readable.from(body.chunks)
        .once("error", (error) => sent.destroy(error))
        .pipe(sent);
    try {
      const [response] = await answered;
      return response;
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      throw new UserError(`${origin} does not answer (${messageOf(error)})`);
    }
  }
}
