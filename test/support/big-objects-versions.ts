import type { ByteRange, ListedVersion, Lock, ObjectStore, Place } from "./object-store.ts";
import { bytesOfRope, type Rope, ropeLength, seamsOf, sliceRope } from "./rope.ts";

/** What a bucket does with what is replaced; undefined while it was never told. */
export type Versioning = "Enabled" | "Suspended" | undefined;

/** What one version of an object has to be. */
export interface ModelVersion {
  /** Undefined until the store was asked. */
  id: string | undefined;
  /** Undefined: a delete marker. */
  readonly rope: Rope | undefined;
  readonly locks: readonly Lock[];
  /** Everybody may read it. */
  readonly isPublic: boolean;
}

/** What comes with the bytes of a version. */
export type Along = Partial<Pick<ModelVersion, "isPublic" | "locks">>;

/** The newest first. */
export type Versions = readonly ModelVersion[];

const NULL_ID = "null";

/** Bodies up to this length are compared whole, others around their seams. */
const WHOLE_BYTES = 65_536;
const SEAM_BYTES = 12;

/** What a write leaves of a key's versions. @param rope undefined: a delete */
export function written(
  versions: Versions,
  versioning: Versioning,
  rope: Rope | undefined,
  { locks = [], isPublic = false }: Along,
): Versions {
  const newest = { id: NULL_ID, rope, locks, isPublic };
  if (versioning === undefined) return rope === undefined ? [] : [newest];
  if (versioning === "Enabled") return [{ ...newest, id: undefined }, ...versions];
  return [newest, ...versions.filter(({ id }) => id !== NULL_ID)];
}

/** The store has these versions of a key and no other. Learns the ids that nobody has told. */
export async function hasVersions(
  store: ObjectStore,
  at: Place,
  versions: Versions,
): Promise<boolean> {
  const listed = await store.listVersions(at.bucket, at.key);
  if (listed.length !== versions.length) return false;
  if (!versions.every((version, i) => isListed(version, listed[i], at.key, i === 0))) return false;
  if (!(await hasCurrent(store, at, versions[0]))) return false;
  for (const [i, { id }] of listed.entries()) {
    const version = versions[i];
    if (version !== undefined) version.id = id;
  }
  return (await hasLocks(store, at, versions)) && hasAcls(store, at, versions);
}

async function hasAcls(store: ObjectStore, at: Place, versions: Versions): Promise<boolean> {
  for (const { id, rope, isPublic } of versions)
    if (rope !== undefined && id !== undefined && (await store.isPublic(at, id)) !== isPublic)
      return false;
  return true;
}

function isListed(
  { id, rope }: ModelVersion,
  listed: ListedVersion | undefined,
  key: string,
  isLatest: boolean,
): boolean {
  if (listed?.key !== key || listed.isLatest !== isLatest) return false;
  if (listed.sizeBytes !== (rope && ropeLength(rope))) return false;
  return id === undefined ? listed.id !== NULL_ID : listed.id === id;
}

async function hasCurrent(
  store: ObjectStore,
  at: Place,
  current: ModelVersion | undefined,
): Promise<boolean> {
  const found = await store.find(at);
  const rope = current?.rope;
  if (found?.sizeBytes !== (rope && ropeLength(rope))) return false;
  return rope === undefined || hasBytes(store, at, rope, rangesOf(rope));
}

async function hasLocks(store: ObjectStore, at: Place, versions: Versions): Promise<boolean> {
  for (const { id, rope, locks } of versions) {
    if (rope === undefined || at.bucket.shard.flags.hasLock !== true) continue;
    const found = await store.find(at, id);
    if (found?.locks.join(" ") !== locks.join(" ")) return false;
  }
  return true;
}

/** Every one of these ranges of a version reads as it should. */
export async function hasBytes(
  store: ObjectStore,
  at: Place,
  rope: Rope,
  ranges: readonly ByteRange[],
  versionId?: string,
): Promise<boolean> {
  for (const range of ranges) {
    const bytes = await store.read(at, range, versionId);
    const expected = bytesOfRope(sliceRope(rope, range.offset, range.length));
    if (!Buffer.from(expected).equals(bytes)) return false;
  }
  return true;
}

/** All of a small object; of a big one, both sides of every seam. */
export function rangesOf(rope: Rope): ByteRange[] {
  const length = ropeLength(rope);
  if (length <= WHOLE_BYTES) return length === 0 ? [] : [{ offset: 0, length }];
  return seamsOf(rope).map((seam) => {
    const offset = Math.max(0, seam - SEAM_BYTES);
    return { offset, length: Math.min(length, seam + SEAM_BYTES) - offset };
  });
}
