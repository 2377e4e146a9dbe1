import type { LedgeProcess } from "../support/ledge-process.ts";
import { RawSigner, UNSIGNED_PAYLOAD } from "../support/raw-signer.ts";

interface RequestParts {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** The answer did not come, or not whole. */
export class Unanswered extends Error {}

/** Sends a signed request to one run of the server. @throws Unanswered */
export type Send = (method: string, target: string, parts?: RequestParts) => Promise<Answer>;

export function sender({ endpoint, credentials }: LedgeProcess): Send {
  const signer = new RawSigner(credentials, new URL(endpoint).host);
  return async (method, target, { headers = {}, body } = {}) => {
    const signed = await signer.sign(method, target, UNSIGNED_PAYLOAD, headers);
    const init = { method, headers: signed, ...(body !== undefined && { body }) };
    try {
      const response = await fetch(`${endpoint}${target}`, init);
      const bytes = Buffer.from(await response.arrayBuffer());
      return { status: response.status, headers: response.headers, body: bytes };
    } catch (error) {
      throw new Unanswered(`${method} ${target}`, { cause: error });
    }
  };
}

/** @throws Error for an answer that is no success */
export async function succeed(answer: Promise<Answer>): Promise<Answer> {
  const { status, body } = await answer;
  // A completion and a copy may begin well, and end with an error.
  if (status >= 300 || body.subarray(0, 1024).includes("<Error>"))
    throw new Error(`${status} ${body.toString()}`);
  return answer;
}
