import { signedFetch } from "./client.ts";
import { expectOk } from "./documents.ts";
import { faultyEnv } from "./faults.ts";

export interface PolicyStatement {
  readonly Effect?: "Allow" | "Deny";
  readonly Principal?: unknown;
  readonly Action: string | readonly string[];
  /** Keys of the bucket; the empty one is the bucket itself. */
  readonly on: readonly string[];
  readonly Condition?: object;
}

/** A policy's text. Statements allow everybody, unless they say otherwise. */
export function policyText(bucket: string, statements: readonly PolicyStatement[]): string {
  const Statement = statements.map(({ on, ...statement }) => ({
    Effect: "Allow",
    Principal: "*",
    ...statement,
    Resource: on.map((key) => `arn:aws:s3:::${bucket}${key === "" ? "" : `/${key}`}`),
  }));
  return JSON.stringify({ Version: "2012-10-17", Statement });
}

export async function putPolicy(
  bucket: string,
  ...statements: readonly PolicyStatement[]
): Promise<void> {
  const body = policyText(bucket, statements);
  await expectOk(signedFetch("PUT", `/${bucket}`, { query: { policy: "" }, body }), 204);
}

/** The id of an account that has nothing, but a root with the same key in {@link ELSEWHERE}. */
export const OTHER_ACCOUNT = "222222222222";
export const ELSEWHERE = faultyEnv({ ACCOUNT_ID: OTHER_ACCOUNT });
