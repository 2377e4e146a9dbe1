import { signedFetch } from "./client.ts";
import { expectOk } from "./documents.ts";
import { faultyEnv } from "./faults.ts";
import { type PolicyStatement, policyText } from "./policy-text.ts";

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
