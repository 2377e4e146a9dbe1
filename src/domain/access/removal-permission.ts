import { S3Error } from "../../protocol/errors.ts";
import { type RequiredOwner, StaleBucketError } from "../../storage/ports/bucket-index.ts";
import { WANTS_HEADERS } from "../../storage/ports/content-index.ts";
import type { BucketPorts } from "../ports.ts";
import { Gate, isPlainOwner, type Target } from "./gate.ts";
import type { Asked } from "./request-facts.ts";

/** Why it may not be removed, or whose it has to be; undefined: whosever. */
export type RemovalPermission = S3Error | RequiredOwner | undefined;

/**
 * Decides on what is to be removed. By a bucket's ACL, one may remove what one's own account has put there, which the shard sees to. If
 * the bucket turns out to have changed so that the answers would be others, the request begins anew.
 */
export async function removalPermissions(
  context: Asked & Pick<BucketPorts, "gate" | "decisions" | "index">,
  targets: readonly Target[],
): Promise<readonly RemovalPermission[]> {
  const { gate, decisions, index, caller } = context;
  if (gate === undefined) {
    decisions.push((known) => {
      if (isPlainOwner(caller, known)) return;
      const judge = new Gate(context, known, { checks: [], on: "keys" });
      const isLetIn = targets.every((target) => judge.removalOf(target) === undefined);
      if (!isLetIn) throw new StaleBucketError();
    });
    return targets.map(() => undefined);
  }
  const decide = () => targets.map((target) => gate.removalOf(target));
  let permissions = decide();
  const refused = targets.find((_, at) => permissions[at] !== undefined);
  if (refused !== undefined) {
    // By a record that may be old: a shard that has heard of a newer one has the gate decide by that.
    await index.read(refused.key, WANTS_HEADERS);
    permissions = decide();
  }
  // After the gate's own, which knows the newer record by then.
  decisions.push(() => {
    if (!decide().every((permission, at) => isSame(permission, permissions[at])))
      throw new StaleBucketError();
  });
  return permissions;
}

function isSame(a: RemovalPermission, b: RemovalPermission): boolean {
  if (a instanceof S3Error || b instanceof S3Error)
    return a instanceof S3Error && b instanceof S3Error;
  return a?.canonicalId === b?.canonicalId;
}
