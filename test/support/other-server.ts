import { vi } from "vitest";

/** Where the bucket `elsewhere` is, which `REPLICATION_TARGETS` of the tests declares (vitest.config.ts). */
const ELSEWHERE = "https://elsewhere.example.com";

interface Stored {
  readonly body: string;
  readonly headers: Headers;
}

/** It, as a server that is no Ledge, in place of `fetch`; it has no versions. */
export class OtherServer {
  readonly #origin: string;
  readonly objects = new Map<string, Stored>();
  /** Methods and paths, in their order. */
  readonly requests: string[] = [];

  constructor(origin = ELSEWHERE) {
    this.#origin = origin;
  }

  listen(): void {
    const { fetch: elsewhere } = globalThis;
    vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
      const request = new Request(input, init);
      const { origin, pathname } = new URL(request.url);
      if (origin !== this.#origin) return elsewhere(input, init);
      this.requests.push(`${request.method} ${pathname}`);
      return this.#answer(request, pathname);
    });
  }

  async #answer(request: Request, path: string): Promise<Response> {
    if (request.method === "HEAD") {
      const stored = this.objects.get(path);
      return new Response(null, { status: stored ? 200 : 404, headers: stored?.headers ?? {} });
    }
    if (request.method === "PUT")
      this.objects.set(path, { body: await request.text(), headers: request.headers });
    else this.objects.delete(path);
    return new Response(null, { status: 200 });
  }
}
