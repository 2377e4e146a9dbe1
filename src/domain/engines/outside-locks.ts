import type { ObjectAttributes } from "../../protocol/object-record.ts";
import type { ReplicationTarget } from "../../protocol/replication/replication-targets.ts";
import type { ReplicatedVersion } from "../../storage/ports/replication.ts";
import { sendToS3, TargetError } from "../../storage/replication/s3-client.ts";
import { sendDocument } from "./outside-documents.ts";

type Locks = Pick<ObjectAttributes, "hasLegalHold" | "retention">;

/** Servers that have no Object Lock answer so, and so do buckets without. */
const LOCKLESS = new Set([400, 404, 405, 501]);

/**
 * What an upload says of a version's locks: those that still hold, if the bucket there has Object Lock, which it is asked only for
 * versions that have any.
 *
 * @throws TargetError: it does not tell, as without s3:GetBucketObjectLockConfiguration
 */
export async function lockHeaders(
  target: ReplicationTarget,
  locks: Locks,
): Promise<Record<string, string>> {
  const retention = heldRetention(locks);
  const hasHold = locks.hasLegalHold === true;
  if (retention === undefined && !hasHold) return {};
  if (!(await hasObjectLock(target))) return {};
  return {
    ...(retention !== undefined && {
      "x-amz-object-lock-mode": retention.mode,
      "x-amz-object-lock-retain-until-date": new Date(retention.retainUntilMs).toISOString(),
    }),
    ...(hasHold && { "x-amz-object-lock-legal-hold": "ON" }),
  };
}

/**
 * Gives a version that is there the locks that it has here. What keeps it there for longer may not be taken away.
 *
 * @throws TargetError
 */
export async function sendLocks(
  target: ReplicationTarget,
  { key, what }: ReplicatedVersion,
  versionId: string | undefined,
  locks: Locks,
): Promise<void> {
  const retention = what === "legal-hold" ? undefined : heldRetention(locks);
  const { hasLegalHold: hold } = what === "retention" ? { hasLegalHold: undefined } : locks;
  if (retention === undefined && hold === undefined) return;
  if (!(await hasObjectLock(target))) return;
  const version = versionId === undefined ? {} : { versionId };
  if (retention !== undefined) {
    const until = new Date(retention.retainUntilMs).toISOString();
    const content = `<Mode>${retention.mode}</Mode><RetainUntilDate>${until}</RetainUntilDate>`;
    const query = { retention: "", ...version };
    await sendDocument(target, { key, query }, "Retention", content);
  }
  if (hold !== undefined) {
    const query = { "legal-hold": "", ...version };
    const content = `<Status>${hold ? "ON" : "OFF"}</Status>`;
    await sendDocument(target, { key, query }, "LegalHold", content);
  }
}

/** One that has ended nobody takes any more. */
function heldRetention({ retention }: Locks): Locks["retention"] {
  return retention !== undefined && retention.retainUntilMs > Date.now() ? retention : undefined;
}

async function hasObjectLock(target: ReplicationTarget): Promise<boolean> {
  const answer = await sendToS3(target, { method: "GET", key: "", query: { "object-lock": "" } });
  if (answer.status < 300) return /<ObjectLockEnabled>Enabled</.test(answer.text);
  if (LOCKLESS.has(answer.status)) return false;
  throw new TargetError(answer);
}
