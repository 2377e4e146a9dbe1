import type { S3Error } from "../../protocol/errors.ts";
import { bypassesGovernance } from "../../protocol/governance-bypass.ts";
import type { BucketRecord } from "../../storage/ports/bucket-directory.ts";
import { StaleBucketError } from "../../storage/ports/bucket-index.ts";
import { WANTS_HEADERS } from "../../storage/ports/content-index.ts";
import type { BucketPorts } from "../ports.ts";
import { type Asked, versionAction } from "./request-facts.ts";
import type { DocumentFacts } from "./operation-facts.ts";
import { Gate, isPlainOwner, type Target } from "./gate.ts";

type Context = Asked & Pick<BucketPorts, "gate" | "decisions" | "index">;

/**
 * Decides on what a request does beside its own action, so that it can do without, or by halves. If the bucket turns out to have
 * changed so that the answers would be others, the request begins anew.
 *
 * @param action without its service; of an own version its other name is taken, where it has one
 * @returns for each of the targets why it is refused; undefined: it is not
 */
export async function refusalsOf(
  context: Context,
  action: string,
  targets: readonly Target[],
): Promise<readonly (S3Error | undefined)[]> {
  const { gate, decisions, caller, index } = context;
  const decideBy = (judge: Gate) =>
    targets.map((target) => {
      const check = { action: versionAction(action, target.versionId), on: "object" } as const;
      return judge.refusalOf(check, target);
    });
  if (gate === undefined) {
    decisions.push((known: BucketRecord) => {
      if (isPlainOwner(caller, known)) return;
      const isRefused = decideBy(new Gate(context, known, { checks: [], on: "keys" })).some(
        Boolean,
      );
      if (isRefused) throw new StaleBucketError();
    });
    return targets.map(() => undefined);
  }
  const decide = () => decideBy(gate);
  let refusals = decide();
  const refused = targets.find((_, at) => refusals[at] !== undefined);
  if (refused !== undefined) {
    // By a record that may be old: a shard that has heard of a newer one has the gate decide by that.
    await index.read(refused.key, WANTS_HEADERS);
    refusals = decide();
  }
  // After the gate's own, which knows the newer record by then.
  decisions.push(() => {
    const isSame = decide().every((refusal, at) => Boolean(refusal) === Boolean(refusals[at]));
    if (!isSame) throw new StaleBucketError();
  });
  return refusals;
}

/** `x-amz-bypass-governance-retention` of a caller that may; of any other it counts as not sent. */
export async function mayBypassGovernance(context: Context, target: Target): Promise<boolean> {
  if (!bypassesGovernance(context.request.headers)) return false;
  // It has no other name for versions.
  const [refusal] = await refusalsOf(context, "BypassGovernanceRetention", [target]);
  return refusal === undefined;
}

/**
 * Decides again, by what stands in the request's document.
 *
 * @throws S3Error AccessDenied
 */
export async function decideOnDocument(
  { gate, index, key }: Pick<BucketPorts, "gate" | "index"> & { readonly key: string },
  document: DocumentFacts,
): Promise<void> {
  try {
    gate?.decideOnDocument(document);
  } catch {
    // As above: the record may be old.
    await index.read(key, WANTS_HEADERS);
    gate?.decideOnDocument(document);
  }
}
