import { messageOf, UserError } from "../user-error.ts";

/** A token of Wrangler's login, or of the environment, as `wrangler auth token --json` tells it. */
export type Credential =
  | { readonly type: "api_token" | "oauth"; readonly token: string }
  | { readonly type: "api_key"; readonly key: string; readonly email: string };

/** A refusal of Cloudflare's API. Codes: https://developers.cloudflare.com/fundamentals/api/troubleshooting/ */
export class CloudflareError extends UserError {
  readonly status: number;
  readonly codes: readonly number[];

  constructor(what: string, status: number, errors: readonly ApiMessage[]) {
    const told = errors.map(({ code, message }) => `${message} [${code}]`).join(", ");
    super(`Cloudflare refuses to ${what}: ${told === "" ? `HTTP ${status}` : told}`);
    this.status = status;
    this.codes = errors.map(({ code }) => code);
  }
}

interface ApiMessage {
  readonly code: number;
  readonly message: string;
}

interface Envelope {
  readonly success: boolean;
  readonly errors?: readonly ApiMessage[];
  readonly result: unknown;
  readonly result_info?: { readonly total_pages?: number; readonly cursor?: string };
}

export interface ApiRequest {
  /** What it is for, as in "Cloudflare refuses to <what>". */
  readonly what: string;
  readonly method?: "GET" | "POST" | "PUT";
  /** Of JSON. */
  readonly body?: unknown;
  readonly jurisdiction?: string | undefined;
}

const TIMEOUT_MS = 60_000;
const ATTEMPTS = 3;

/** Cloudflare's API v4, of which Wrangler's own variable says where it is. */
export class CloudflareApi {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(credential: Credential, base = "https://api.cloudflare.com/client/v4") {
    this.#base = base;
    this.#headers =
      credential.type === "api_key"
        ? { "x-auth-key": credential.key, "x-auth-email": credential.email }
        : { authorization: `Bearer ${credential.token}` };
  }

  /**
   * @throws CloudflareError when it is refused
   * @throws UserError when there is no answer
   */
  async call<T>(path: string, request: ApiRequest): Promise<T> {
    return (await this.#envelope(path, request)).result as T;
  }

  /** All of what is listed on numbered pages. */
  async list<T>(path: string, request: ApiRequest): Promise<T[]> {
    const all: T[] = [];
    for (let page = 1; ; page += 1) {
      const { result, result_info } = await this.#envelope(
        `${path}${path.includes("?") ? "&" : "?"}page=${page}&per_page=100`,
        request,
      );
      if (!Array.isArray(result))
        throw new UserError(`Cloudflare was asked to ${request.what}, and its answer is no list`);
      const items = result as readonly T[];
      all.push(...items);
      if (items.length === 0 || page >= (result_info?.total_pages ?? page)) return all;
    }
  }

  /** The body of an answer that is no JSON; undefined: there is nothing of the name. */
  async read(path: string, request: ApiRequest): Promise<string | undefined> {
    const response = await this.#send(path, request);
    const text = await response.text();
    if (response.ok) return text;
    if (response.status === 404) return undefined;
    throw new CloudflareError(request.what, response.status, messagesIn(text));
  }

  async #envelope(path: string, request: ApiRequest): Promise<Envelope> {
    const response = await this.#send(path, request);
    const text = await response.text();
    const envelope = envelopeIn(text);
    if (envelope?.success === true && response.ok) return envelope;
    throw new CloudflareError(request.what, response.status, messagesIn(text));
  }

  /** What only asks is asked again when there is no answer, or Cloudflare's is that it has none. */
  async #send(path: string, request: ApiRequest): Promise<Response> {
    const { what, method = "GET", body, jurisdiction } = request;
    const attempts = method === "GET" ? ATTEMPTS : 1;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const response = await fetch(this.#base + path, {
          method,
          headers: {
            ...this.#headers,
            ...(body !== undefined && { "content-type": "application/json" }),
            ...(jurisdiction !== undefined && { "cf-r2-jurisdiction": jurisdiction }),
          },
          signal: AbortSignal.timeout(TIMEOUT_MS),
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        if (response.status < 500 || attempt === attempts) return response;
        await response.body?.cancel();
      } catch (error) {
        if (attempt === attempts)
          throw new UserError(
            `Cloudflare did not answer to ${what} (${reasonOf(error)}). Run the same command again: it goes on with what is there.`,
          );
      }
    }
  }
}

function reasonOf(error: unknown): string {
  const { cause } = error as { readonly cause?: unknown };
  return messageOf(cause ?? error);
}

function envelopeIn(text: string): Envelope | undefined {
  try {
    return JSON.parse(text) as Envelope;
  } catch {
    return undefined;
  }
}

function messagesIn(text: string): readonly ApiMessage[] {
  return envelopeIn(text)?.errors ?? [];
}
