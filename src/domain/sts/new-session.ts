import { readIdentityPolicy } from "../../protocol/policy/identity-policy.ts";
import { QueryError } from "../../protocol/query-api/query-error.ts";
import type { Waiter } from "../../lib/waiter.ts";
import { sessionRecordId } from "../../storage/clients/identity-lookup.ts";
import { requireMasterKey } from "../accounts.ts";
import { policyText } from "../auth/principal-policies.ts";
import {
  newCredentials,
  type SessionClaims,
  type TemporaryCredentials,
} from "../auth/session-token.ts";
import type { Ports } from "../ports.ts";

/** What a session is to be, but for its times. */
export type SessionDraft = Omit<SessionClaims, "expiresSeconds" | "issuedSeconds">;

export interface NewSession {
  readonly credentials: TemporaryCredentials;
  /** How much of the room for policies and tags they take, in hundredths. */
  readonly packedPolicySize: number;
}

/** What policies and tags may take as they are kept in the token. */
const MAX_PACKED_BYTES = 4096;

/**
 * Makes temporary credentials. That the caller may is for whoever calls this to see.
 *
 * @throws QueryError MalformedPolicyDocument, PackedPolicyTooLarge, ValidationError (a managed policy that there is not)
 */
export async function newSession(
  ports: Pick<Ports, "identityLookup" | "settings"> & { readonly waiter: Waiter },
  draft: SessionDraft,
  durationSeconds: number,
): Promise<NewSession> {
  if (draft.policy !== undefined) readIdentityPolicy(draft.policy);
  const packedPolicySize = packedSize(draft);
  if (packedPolicySize > 100)
    throw new QueryError("PackedPolicyTooLarge", {
      message: `Packed size of session policies and tags consumes ${packedPolicySize}% of allotted space.`,
    });
  if (draft.policyArns !== undefined) await requirePolicies(ports, draft, draft.policyArns);
  const issuedSeconds = Math.floor(Date.now() / 1000);
  const claims = { ...draft, issuedSeconds, expiresSeconds: issuedSeconds + durationSeconds };
  return { credentials: newCredentials(requireMasterKey(ports), claims), packedPolicySize };
}

function packedSize({ policy, policyArns, tags, transitiveTagKeys }: SessionDraft): number {
  const packed = [policy, policyArns, tags, transitiveTagKeys].filter((each) => each !== undefined);
  if (packed.length === 0) return 0;
  return Math.ceil((100 * Buffer.byteLength(JSON.stringify(packed))) / MAX_PACKED_BYTES);
}

/** Each request of the session reads them again, since they may change. */
async function requirePolicies(
  { identityLookup, waiter }: Pick<Ports, "identityLookup"> & { readonly waiter: Waiter },
  { accountId, principalId }: SessionDraft,
  arns: readonly string[],
): Promise<void> {
  const record = await identityLookup.sessions.read(sessionRecordId(principalId, arns), waiter);
  for (const [i, arn] of arns.entries()) {
    const policy = record?.sessionPolicies[i];
    const owner = arn.split(":", 5)[4];
    const isOwn = owner === "aws" || owner === accountId;
    // One with a space in it would be read as several.
    if (!isOwn || policy?.id !== arn || policyText(policy) === undefined)
      throw new QueryError("ValidationError", {
        message: `PolicyArn ${arn} does not exist or is not attachable.`,
      });
  }
}
