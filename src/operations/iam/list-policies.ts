import { AWS_MANAGED_POLICIES, type AwsManagedPolicy } from "../../protocol/policy/aws-managed.ts";
import type { Page } from "../../protocol/query-api/pages.ts";
import type { PoliciesRequest } from "../../storage/ports/identity-directory.ts";
import type { ManagedPolicyRecord, PolicyUsage } from "../../storage/ports/identity-records.ts";
import type { QueryContext } from "../query/action.ts";

/** One of AWS's own, with how this account uses it. */
interface UsedAwsPolicy {
  readonly ofAws: AwsManagedPolicy;
  readonly usage: PolicyUsage;
}

/** Where AWS's own stand in the markers of pages, before the account's. */
const AWS_PART = "aws/";
const LOCAL_PART = "local/";

/** AWS's own policies, then the account's, in pages. */
export async function listPolicies(
  { identityDirectory, scope }: Pick<QueryContext, "identityDirectory" | "scope">,
  which: "AWS" | "All" | "Local",
  request: PoliciesRequest,
): Promise<Page<ManagedPolicyRecord | UsedAwsPolicy>> {
  const { after = AWS_PART, limit } = request;
  const ofAws =
    which === "Local" ? [] : await usedAwsPolicies({ identityDirectory, scope }, request);
  const shown = after.startsWith(AWS_PART)
    ? ofAws.filter(({ ofAws: { name } }) => name > after.slice(AWS_PART.length))
    : [];
  const first = shown.slice(0, limit);
  const last = first.at(-1)?.ofAws.name ?? "";
  if (shown.length > limit) return { items: first, next: AWS_PART + last };
  if (which === "AWS") return { items: first, next: undefined };
  if (first.length === limit) return { items: first, next: LOCAL_PART };
  const own = await identityDirectory(scope, "listPolicies", {
    ...request,
    after: after.startsWith(LOCAL_PART) ? after.slice(LOCAL_PART.length) : undefined,
    limit: limit - first.length,
  });
  const next = own.next === undefined ? undefined : LOCAL_PART + own.next;
  return { items: [...first, ...own.items], next };
}

async function usedAwsPolicies(
  { identityDirectory, scope }: Pick<QueryContext, "identityDirectory" | "scope">,
  { pathPrefix, onlyAttached, usage: wanted }: PoliciesRequest,
): Promise<readonly UsedAwsPolicy[]> {
  // All of them have the path `/`.
  if (pathPrefix !== "/") return [];
  const arns = AWS_MANAGED_POLICIES.map(({ arn }) => arn);
  const usages = await identityDirectory(scope, "getPolicyUsage", arns);
  return AWS_MANAGED_POLICIES.flatMap((ofAws, i) => {
    const usage = usages[i] ?? { attachments: 0, boundaries: 0 };
    const isWanted =
      (!onlyAttached || usage.attachments > 0) &&
      (wanted !== "permissions" || usage.attachments > 0) &&
      (wanted !== "boundary" || usage.boundaries > 0);
    return isWanted ? [{ ofAws, usage }] : [];
  });
}
