import type { SessionDraft, NewSession } from "../../domain/sts/new-session.ts";
import type { XmlNode } from "../../lib/xml-writer.ts";
import { QueryError } from "../../protocol/query-api/query-error.ts";
import type { TagSet } from "../../protocol/tag-set.ts";
import { iamTime } from "../iam/iam-contents.ts";

export function credentialsContent({ credentials }: NewSession): XmlNode {
  return [
    "Credentials",
    [
      ["AccessKeyId", credentials.accessKeyId],
      ["SecretAccessKey", credentials.secretAccessKey],
      ["SessionToken", credentials.sessionToken],
      ["Expiration", iamTime(credentials.expiresMs)],
    ],
  ];
}

/** Unless there are neither session policies nor tags. */
export function packedSizeContent({ packedPolicySize }: NewSession): XmlNode {
  return ["PackedPolicySize", packedPolicySize === 0 ? undefined : packedPolicySize];
}

export function assumedRoleContent(
  role: { readonly id: string; readonly name: string; readonly account: { readonly id: string } },
  sessionName: string,
): XmlNode {
  return [
    "AssumedRoleUser",
    [
      ["AssumedRoleId", `${role.id}:${sessionName}`],
      ["Arn", `arn:aws:sts::${role.account.id}:assumed-role/${role.name}/${sessionName}`],
    ],
  ];
}

interface LimitsInput {
  readonly Policy: string | undefined;
  readonly PolicyArns: readonly { readonly arn: string }[] | undefined;
}

/** What a request limits its session by. */
export function limitsOf({
  Policy: policy,
  PolicyArns: arns = [],
}: LimitsInput): Pick<SessionDraft, "policy" | "policyArns"> {
  return { policy, policyArns: arns.length === 0 ? undefined : arns.map(({ arn }) => arn) };
}

export function tagsOf(
  tags: readonly { readonly Key: string; readonly Value: string }[] = [],
): TagSet {
  return tags.map(({ Key: key, Value: value }) => ({ key, value }));
}

/** Tags as a token has them, which is nothing when there are none. */
export function keptTags({
  tags,
  transitiveTagKeys,
}: {
  readonly tags: TagSet;
  readonly transitiveTagKeys: readonly string[];
}): Pick<SessionDraft, "tags" | "transitiveTagKeys"> {
  return {
    tags: tags.length === 0 ? undefined : tags,
    transitiveTagKeys: transitiveTagKeys.length === 0 ? undefined : transitiveTagKeys,
  };
}

/**
 * Nobody has a second factor, so that none is right.
 *
 * @throws QueryError AccessDenied
 */
export function refuseSecondFactor(input: {
  readonly SerialNumber: string | undefined;
  readonly TokenCode: string | undefined;
}): void {
  if (input.SerialNumber === undefined && input.TokenCode === undefined) return;
  throw new QueryError("AccessDenied", {
    message: "MultiFactorAuthentication failed, unable to validate MFA code.",
  });
}
