import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type DeployedWorker, deployWorker, type UploadedWorker } from "./deployed-worker.ts";

/** A request as it came, for tests to look at. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

interface Answer {
  readonly status?: number;
  readonly result?: unknown;
  readonly errors?: readonly { readonly code: number; readonly message: string }[];
  /** Instead of the envelope. */
  readonly text?: string;
}

interface Asked extends RecordedRequest {
  readonly contentType: string;
  readonly bytes: Buffer;
}

type Route = readonly [
  method: string,
  path: RegExp,
  answer: (names: readonly string[], asked: Asked) => Answer | Promise<Answer>,
];

export const ACCOUNT_ID = "a".repeat(32);

/**
 * Cloudflare's API, as far as the real Wrangler and `ledge deploy` ask it for a deployment, and what it deploys: the Worker that was
 * uploaded runs, with what it is bound to, behind `endpoint`.
 */
export class CloudflareStandIn {
  readonly requests: RecordedRequest[] = [];
  readonly buckets = new Set<string>();
  /** What buckets hold that no Worker here has written, by their names and keys. */
  readonly stored = new Map<string, ReadonlyMap<string, string>>();
  readonly namespaces = new Map<string, string>();
  /** Custom Domains of the Worker; undefined: the token may not see them. */
  domains: readonly string[] | undefined = [];
  isOnWorkersDev = true;
  /** Of the zone, by their phases. */
  readonly rules = new Map<string, readonly object[]>();
  accounts: readonly { readonly id: string; readonly name: string }[] = [
    { id: ACCOUNT_ID, name: "One" },
  ];
  hasR2 = true;
  /** What is asked for and breaks off before it is answered. */
  breaksAt: RegExp | undefined;
  /** What is never answered. */
  hangsAt: RegExp | undefined;
  readonly #hanging = Promise.withResolvers<void>();
  uploaded: UploadedWorker | undefined;
  #worker: DeployedWorker | undefined;
  #versions = 0;
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  async start(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await this.#worker?.stop();
  }

  /** Something of `hangsAt` has been asked for. */
  get hanging(): Promise<void> {
    return this.#hanging.promise;
  }

  /** Of the API, and of the Worker, which are one server here. */
  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get apiBase(): string {
    return `${this.endpoint}/client/v4`;
  }

  /** Methods and paths of what changes something, in their order. */
  get changes(): string[] {
    const changing = this.requests.filter(({ method }) => method !== "GET");
    return changing.map(({ method, path }) => `${method} ${path.replace(/\?.*/, "")}`);
  }

  readonly #routes: readonly Route[] = [
    ["GET", /^\/user\/tokens\/verify$/, () => ({ result: { id: "token", status: "active" } })],
    ["GET", /^\/user$/, () => ({ result: { id: "user", email: "somebody@example.com" } })],
    ["GET", /^\/accounts$/, () => ({ result: this.accounts })],
    [
      "GET",
      /^\/memberships$/,
      () => ({ result: this.accounts.map((account) => ({ id: account.id, account })) }),
    ],
    ["GET", /^\/accounts\/\w+\/subscriptions$/, () => ({ result: [] })],
    ["GET", /\/r2\/buckets\/([\w-]+)$/, ([name = ""]) => this.#bucket(name, { name })],
    ["POST", /\/r2\/buckets$/, (_, { body }) => this.#makeBucket(body)],
    ["GET", /\/r2\/buckets\/([\w-]+)\/objects$/, ([name = ""]) => this.#listObjects(name)],
    [
      "GET",
      /\/r2\/buckets\/([\w-]+)\/objects\/(.+)$/,
      ([name = "", key = ""]) => this.#readObject(name, decodeURIComponent(key)),
    ],
    ["GET", /\/storage\/kv\/namespaces$/, () => ({ result: this.#listNamespaces() })],
    ["POST", /\/storage\/kv\/namespaces$/, (_, { body }) => this.#makeNamespace(body)],
    ["GET", /\/workers\/subdomain$/, () => ({ result: { subdomain: "somebody" } })],
    ["GET", /\/workers\/services\/([\w-]+)$/, ([name]) => this.#service(name)],
    ["GET", /\/workers\/services\/[\w-]+\/environments\/\w+$/, () => ({ result: {} })],
    ["GET", /\/workers\/workers\/([\w-]+)$/, ([name]) => this.#ofWorker({ name, ...SUBDOMAIN })],
    ["POST", /\/workers\/scripts\/[\w-]+\/subdomain$/, (_, { body }) => this.#setSubdomain(body)],
    ["GET", /\/workers\/scripts\/[\w-]+\/subdomain$/, () => ({ result: this.#subdomain() })],
    ["GET", /\/workers\/domains$/, () => this.#listDomains()],
    ["GET", /\/workers\/scripts\/[\w-]+\/secrets$/, () => this.#ofWorker(this.#secretNames())],
    [
      "GET",
      /\/workers\/scripts\/[\w-]+\/settings$/,
      () => this.#ofWorker({ bindings: this.uploaded?.bindings, ...this.uploaded?.metadata }),
    ],
    [
      "GET",
      /\/workers\/scripts\/[\w-]+\/deployments$/,
      () => this.#ofWorker({ deployments: [{ versions: [{ version_id: this.#version() }] }] }),
    ],
    ["PUT", /\/workers\/scripts\/([\w-]+)$/, ([name = ""], asked) => this.#upload(name, asked)],
    [
      "GET",
      /\/queues$/,
      (_, { path }) => ({
        result: [{ queue_id: "queue", queue_name: /name=([\w-]+)/.exec(path)?.[1] }],
      }),
    ],
    ["GET", /^\/zones$/, (_, { path }) => ({ result: zonesNamed(path) })],
    [
      "GET",
      /^\/zones\/zone\/rulesets\/phases\/(\w+)\/entrypoint$/,
      ([phase]) => this.#rules(phase),
    ],
    [
      "PUT",
      /^\/zones\/zone\/rulesets\/phases\/(\w+)\/entrypoint$/,
      ([phase], { body }) => this.#addRules(phase, JSON.parse(body).rules),
    ],
    [
      "POST",
      /^\/zones\/zone\/rulesets\/(\w+)\/rules$/,
      ([phase], { body }) => this.#addRules(phase, [JSON.parse(body)]),
    ],
    [
      "PUT",
      /\/workers\/scripts\/[\w-]+\/domains\/records$/,
      (_, { body }) => this.#setDomains(body),
    ],
    ["POST", /\/workers\/scripts\/[\w-]+\/domains\/changeset$/, () => ({ result: CHANGES })],
  ];

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? "/";
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    if (!url.startsWith("/client/v4")) {
      await this.#pass(request, bytes, response);
      return;
    }
    const path = url.slice("/client/v4".length);
    const method = request.method ?? "";
    const contentType = request.headers["content-type"] ?? "";
    const asked = { method, path, body: bytes.toString(), contentType, bytes };
    this.requests.push({ method, path, body: asked.body });
    if (this.breaksAt?.test(`${method} ${path}`) === true) {
      request.socket.destroy();
      return;
    }
    if (this.hangsAt?.test(`${method} ${path}`) === true) {
      this.#hanging.resolve();
      return;
    }
    const { status = 200, result = null, errors = [], text } = await this.#answer(asked);
    response.writeHead(status, { "content-type": "application/json" });
    const isDone = status < 400;
    response.end(text ?? JSON.stringify({ success: isDone, errors, messages: [], result }));
  }

  async #answer(asked: Asked): Promise<Answer> {
    const [pathname = ""] = asked.path.split("?");
    if (!this.hasR2 && pathname.includes("/r2/"))
      return refusal(403, 10_042, "Please enable R2 through the Cloudflare Dashboard.");
    for (const [method, pattern, answer] of this.#routes) {
      const found = pattern.exec(pathname);
      if (found !== null && method === asked.method) return answer(found.slice(1), asked);
    }
    return refusal(404, 7000, `No route for ${asked.method} ${pathname}`);
  }

  /** As Cloudflare's edge does. */
  async #pass(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    if (this.#worker === undefined) {
      response.writeHead(404).end("There is nothing here yet.");
      return;
    }
    await this.#worker.answer(request, body, response);
  }

  #bucket(name: string, result: unknown): Answer {
    if (this.buckets.has(name) || this.stored.has(name)) return { result };
    return refusal(404, 10_006, "The specified bucket does not exist.");
  }

  #makeBucket(body: string): Answer {
    const { name } = JSON.parse(body) as { readonly name: string };
    if (this.buckets.has(name)) return refusal(409, 10_004, "The bucket exists already.");
    this.buckets.add(name);
    return { result: { name } };
  }

  async #listObjects(name: string): Promise<Answer> {
    const written = (await this.#worker?.objectKeys(name)) ?? [];
    return this.#bucket(name, [...written, ...(this.stored.get(name)?.keys() ?? [])]);
  }

  async #readObject(name: string, key: string): Promise<Answer> {
    const written = await this.#worker?.readObject(name, key);
    const text = written ?? this.stored.get(name)?.get(key);
    return text === undefined ? refusal(404, 10_007, "The object does not exist.") : { text };
  }

  #listNamespaces() {
    return [...this.namespaces].map(([title, id]) => ({ id, title }));
  }

  #makeNamespace(body: string): Answer {
    const { title } = JSON.parse(body) as { readonly title: string };
    if (this.namespaces.has(title)) return refusal(400, 10_014, "The namespace exists already.");
    const id = crypto.randomUUID().replaceAll("-", "");
    this.namespaces.set(title, id);
    return { result: { id, title } };
  }

  #service(name: string | undefined): Answer {
    if (this.uploaded === undefined) return refusal(404, 10_090, "There is no such service.");
    const script = { last_deployed_from: "wrangler", ...this.uploaded.metadata };
    return { result: { id: name, default_environment: { environment: "production", script } } };
  }

  #ofWorker(result: unknown): Answer {
    if (this.uploaded !== undefined) return { result };
    return refusal(404, 10_007, "This Worker does not exist on your account.");
  }

  #subdomain() {
    return { enabled: this.isOnWorkersDev, previews_enabled: this.isOnWorkersDev };
  }

  #setSubdomain(body: string): Answer {
    const { enabled } = JSON.parse(body) as { readonly enabled: boolean };
    this.isOnWorkersDev = enabled;
    return { result: this.#subdomain() };
  }

  #listDomains(): Answer {
    if (this.domains === undefined) return refusal(403, 10_000, "Authentication error");
    const service = this.uploaded?.name;
    return { result: this.domains.map((hostname) => ({ hostname, service })) };
  }

  /** As Cloudflare does, those that are not named are gone. */
  #setDomains(body: string): Answer {
    const { origins } = JSON.parse(body) as { readonly origins: readonly { hostname: string }[] };
    this.domains = origins.map(({ hostname }) => hostname);
    return { result: {} };
  }

  #rules(phase = ""): Answer {
    const rules = this.rules.get(phase);
    return rules === undefined
      ? refusal(404, 10_003, "could not find entrypoint ruleset")
      : { result: { id: phase, rules } };
  }

  #addRules(phase = "", rules: readonly object[] = []): Answer {
    this.rules.set(phase, [...(this.rules.get(phase) ?? []), ...rules]);
    return this.#rules(phase);
  }

  #secretNames() {
    const bindings = this.uploaded?.bindings ?? [];
    return bindings
      .filter(({ type }) => type === "secret_text")
      .map(({ name, type }) => ({ name, type }));
  }

  #version(): string {
    return `00000000-0000-4000-8000-${String(this.#versions).padStart(12, "0")}`;
  }

  async #upload(name: string, { bytes, contentType }: Asked): Promise<Answer> {
    const form = await new Response(new Uint8Array(bytes), {
      headers: { "content-type": contentType },
    }).formData();
    const metadata = JSON.parse(form.get("metadata") as string) as UploadedWorker["metadata"] &
      Pick<UploadedWorker, "bindings">;
    const script = await (form.get("worker.js") as File).text();
    const earlierBindings = new Map(this.uploaded?.bindings.map((each) => [each.name, each]));
    const bindings = metadata.bindings.map((each) =>
      each.type === "inherit" ? (earlierBindings.get(each.name) ?? each) : each,
    );
    const isKept = ({ name, type }: { readonly name: string; readonly type: string }): boolean =>
      metadata.keep_bindings.includes(type) && !bindings.some((each) => each.name === name);
    const kept = [...earlierBindings.values()].filter(isKept);
    this.uploaded = { name, script, metadata, bindings: [...bindings, ...kept] };
    this.#versions += 1;
    const earlier = this.#worker;
    this.#worker = await deployWorker(this.uploaded, await earlier?.stop());
    const version = this.#version();
    const deployment_id = version.replaceAll("-", "");
    return { result: { id: name, entry_point: "worker.js", deployment_id, ...STARTED } };
  }
}

const SUBDOMAIN = { subdomain: { enabled: true, previews_enabled: true } };
const STARTED = { startup_time_ms: 12, etag: "etag", tag: "tag" };
const CHANGES = { added: [], removed: [], updated: [], conflicting: [] };

/** There is one. */
function zonesNamed(path: string) {
  return path.includes("name=example.com") ? [{ id: "zone", name: "example.com" }] : [];
}

function refusal(status: number, code: number, message: string): Answer {
  return { status, errors: [{ code, message }] };
}
