import { log } from "../../lib/log.ts";
import { readEncryption } from "../../protocol/encryption/stored-encryption.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { ObjectRecord } from "../../protocol/object-record.ts";
import { replicaHeader } from "../../protocol/replica-header.ts";
import type { ReplicationTarget } from "../../protocol/replication/replication-targets.ts";
import { WANTS_REFERENCE } from "../../storage/ports/content-index.ts";
import type { ReplicatedVersion } from "../../storage/ports/replication.ts";
import { sendToS3, TargetError } from "../../storage/replication/s3-client.ts";
import type { Ports } from "../ports.ts";
import { sendDocument } from "./outside-documents.ts";
import { outsideHeaders } from "./outside-headers.ts";
import { lastOrigin, originHeader, originsOf } from "./outside-origin.ts";
import { lockHeaders, sendLocks } from "./outside-locks.ts";
import { openSource } from "./replica-of.ts";
import type { InternalCaller } from "./act-in-bucket.ts";
import type { Source } from "./replicate-versions.ts";
import { sendObject } from "./send-object.ts";

/** A destination that is another server's bucket. */
export interface OutsideDestination {
  readonly source: Source;
  readonly target: ReplicationTarget;
  readonly caller: InternalCaller;
}

const BUSY = new Set([408, 409, 425, 429]);
/** It is the keys, or a clock, that are wrong, and not the version: it goes when somebody has mended that. */
const MENDABLE = new Set([
  ...["ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "RequestExpired"],
  ...["RequestTimeTooSkewed", "SignatureDoesNotMatch", "TokenRefreshRequired"],
]);

/**
 * Brings a version to another S3 server. Another Ledge keeps its id; any other server gives it one of its own, and may have it twice, if a
 * gateway dies before it can say that it is there.
 *
 * @throws S3Error that says that it never will be taken; Error that says that it may be
 */
export async function replicateOutside(
  ports: Ports,
  destination: OutsideDestination,
  version: ReplicatedVersion,
): Promise<void> {
  try {
    await send(ports, destination, version);
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    const { status, code = "" } = error;
    const isFinal = status >= 300 && status < 500 && !BUSY.has(status) && !MENDABLE.has(code);
    log("warn", "another server took no version", {
      endpoint: destination.target.endpoint,
      key: version.key,
      reason: error.message,
    });
    if (isFinal) throw new S3Error("AccessDenied", { message: error.message });
    throw new Error(error.message, { cause: error });
  }
}

async function send(
  ports: Ports,
  destination: OutsideDestination,
  version: ReplicatedVersion,
): Promise<void> {
  const { target, source, caller } = destination;
  const { key, versionId, object, isChange } = version;
  const replica = target.isLedge ? replicaHeader(version, source.bucket.id) : {};
  if (object === undefined) {
    // What it was told by, it tells in turn: each would make markers for the other's for ever.
    if (!target.isLedge && (await isMarkedThere(target, key))) return;
    if (!target.isLedge) await requireNoneNewer(target, source, version);
    const request = { method: "DELETE", key, headers: replica } as const;
    const answer = await sendToS3(target, request);
    if (answer.status === 412 && target.isLedge) return;
    if (answer.status >= 300) throw new TargetError(answer);
    return;
  }
  const origin = `${source.bucket.id}/${versionId}`;
  if (!target.isLedge && (await cameFromHere(ports, destination, object))) return;
  const there = target.isLedge ? { versionId } : await currentThere(target, version, origin);
  if (there !== undefined && (isChange || !target.isLedge))
    return sendChange(target, version, object, there.versionId);
  // What was removed there stays removed.
  if (isChange) return;
  if (object.encryption !== undefined && readEncryption(object.encryption).k === "C")
    throw new S3Error("InvalidObjectState", { message: "Only the customer has its key" });
  if (!target.isLedge) await requireNoneNewer(target, source, version);
  const settings = { ...ports, caller };
  const objectKey = await openSource(settings, source, object);
  const own = {
    ...outsideHeaders(version, target, object),
    ...(await lockHeaders(target, object.attributes)),
    ...(!target.isLedge && originHeader(origin, object.headers)),
  };
  const headers = { own, replica };
  const isSent = await sendObject(ports, target, { record: object, objectKey }, headers);
  if (!isSent) await sendChange(target, version, object, versionId);
}

/** Of what was to be replicated before it, nobody may know whether it has come. */
async function sendChange(
  target: ReplicationTarget,
  version: ReplicatedVersion,
  object: ObjectRecord,
  versionId: string | undefined,
): Promise<void> {
  const { what, isChange } = version;
  const isAnything = !isChange || what === undefined;
  if (isAnything || what === "tags") await sendTags(target, version, object);
  if (isAnything || what === "retention" || what === "legal-hold")
    await sendLocks(target, version, versionId, object.attributes);
}

/** Its current version is a delete marker. */
async function isMarkedThere(target: ReplicationTarget, key: string): Promise<boolean> {
  const { status, headers } = await sendToS3(target, { method: "HEAD", key });
  return status === 404 && headers.get("x-amz-delete-marker") === "true";
}

/** It is what this bucket has sent, and another server has sent back. */
async function cameFromHere(
  { indexOf }: Ports,
  { source }: OutsideDestination,
  { key, headers, etag }: ObjectRecord,
): Promise<boolean> {
  const fromHere = originsOf(headers).filter((origin) => origin.startsWith(`${source.bucket.id}/`));
  // It went round twice, and nobody knew it: ETags of what is encrypted, or of parts, are others each time.
  if (fromHere.length > 1) return true;
  const [, versionId] = fromHere[0]?.split("/") ?? [];
  if (versionId === undefined) return false;
  const found = await indexOf(source.bucket).read(key, { ...WANTS_REFERENCE, versionId });
  return found?.kind === "object" && found.etag === etag;
}

/** The current version there, if it is a replica of this one; undefined: it is not, or there is none. */
async function currentThere(
  target: ReplicationTarget,
  { key, isChange }: ReplicatedVersion,
  origin: string,
): Promise<{ readonly versionId: string | undefined } | undefined> {
  const answer = await sendToS3(target, { method: "HEAD", key });
  const { status, headers } = answer;
  if (status < 300) {
    const versionId = headers.get("x-amz-version-id") ?? undefined;
    return lastOrigin(headers) === origin ? { versionId } : undefined;
  }
  // Whoever may not list the bucket is told 403 of what is missing. Of a change that may be one that is there, and must not pass for done.
  if (status === 404 || (status === 403 && !isChange)) return undefined;
  throw new TargetError(answer);
}

/**
 * Any other server makes what comes last the current version: what is late must not come to lie on what is newer.
 *
 * @throws S3Error InvalidRequest: a newer one is there, or a delete marker that may be
 */
async function requireNoneNewer(
  target: ReplicationTarget,
  { bucket }: Source,
  { key, newer }: ReplicatedVersion,
): Promise<void> {
  if (newer.length === 0) return;
  const answer = await sendToS3(target, { method: "HEAD", key });
  const { status, headers } = answer;
  if (status >= 300 && status !== 404 && status !== 403) throw new TargetError(answer);
  const origin = lastOrigin(headers);
  const isNewer = newer.some((versionId) => origin === `${bucket.id}/${versionId}`);
  if (isNewer || headers.get("x-amz-delete-marker") === "true")
    throw new S3Error("InvalidRequest", { message: "A newer version is there" });
}

/** Of another Ledge the version's, of any other server the current one's. */
async function sendTags(
  target: ReplicationTarget,
  { key, versionId }: ReplicatedVersion,
  { attributes: { tags } }: ObjectRecord,
): Promise<void> {
  const query = { tagging: "", ...(target.isLedge && { versionId }) };
  const content = tags.length === 0 ? ({ remove: true } as const) : tagSetOf(tags);
  await sendDocument(target, { key, query }, "Tagging", content);
}

function tagSetOf(tags: ObjectRecord["attributes"]["tags"]): string {
  const escaped = (text: string): string =>
    text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const nodes = tags.map(
    ({ key, value }) => `<Tag><Key>${escaped(key)}</Key><Value>${escaped(value)}</Value></Tag>`,
  );
  return `<TagSet>${nodes.join("")}</TagSet>`;
}
