import { signedFetch } from "./client.ts";
import { expectOk, putDocument } from "./documents.ts";

interface Rule {
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers?: readonly string[];
  readonly exposed?: readonly string[];
}

/** The content of a CORSConfiguration. */
export function corsContent(...rules: readonly Rule[]): string {
  return rules
    .map(({ origins, methods, headers = [], exposed = [] }) => {
      const parts = [
        ...origins.map((text) => `<AllowedOrigin>${text}</AllowedOrigin>`),
        ...methods.map((text) => `<AllowedMethod>${text}</AllowedMethod>`),
        ...headers.map((text) => `<AllowedHeader>${text}</AllowedHeader>`),
        ...exposed.map((text) => `<ExposeHeader>${text}</ExposeHeader>`),
      ];
      return `<CORSRule>${parts.join("")}</CORSRule>`;
    })
    .join("");
}

export async function putCors(bucket: string, ...rules: readonly Rule[]): Promise<void> {
  const content = corsContent(...rules);
  await expectOk(putDocument(`/${bucket}`, { cors: "" }, "CORSConfiguration", content));
}

export async function deleteCors(bucket: string): Promise<void> {
  await expectOk(signedFetch("DELETE", `/${bucket}`, { query: { cors: "" } }), 204);
}

/** What a browser asks before it sends a request of another origin's page. */
export function preflight(origin: string, method: string): Readonly<Record<string, string>> {
  return { origin, "access-control-request-method": method };
}
