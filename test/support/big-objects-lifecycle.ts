import type { ModelVersion, Versioning, Versions } from "./big-objects-versions.ts";
import { written } from "./big-objects-versions.ts";
import type { BucketRecord } from "../../src/storage/ports/bucket-directory.ts";
import { rule } from "./lifecycle.ts";
import { pick } from "./seeded-random.ts";

export const DAY_MS = 86_400_000;

/** Rules of a bucket, all of one day, about keys that begin with `prefix`. */
export interface ModelRules {
  readonly prefix: string;
  readonly expires: boolean;
  readonly removesLoneMarkers: boolean;
  /** How many of the noncurrent versions stay; undefined: all. */
  readonly newerVersions: number | undefined;
  readonly abortsUploads: boolean;
}

/** What the keys of the model begin with: all, and each half of them. */
export const PREFIXES = ["k-", "k-e", "k-o"] as const;

/** Of a bucket with locks, such as want whatever may be locked. */
export function randomRules(
  random: (bound: number) => number,
  { shard: { flags } }: BucketRecord,
): ModelRules {
  const expires = random(3) > 0;
  return {
    prefix: flags.hasLock === true ? "k-" : pick(random, PREFIXES),
    expires,
    // A rule says either this or after how many days.
    removesLoneMarkers: !expires,
    newerVersions: flags.hasLock === true ? 0 : [undefined, 0, 0, 1][random(4)],
    abortsUploads: random(2) === 0,
  };
}

export function rulesDocument(rules: ModelRules): string {
  const { prefix, expires, newerVersions, abortsUploads } = rules;
  const newer =
    newerVersions === undefined || newerVersions === 0
      ? ""
      : `<NewerNoncurrentVersions>${newerVersions}</NewerNoncurrentVersions>`;
  const actions = [
    `<Expiration>${expires ? "<Days>1</Days>" : "<ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>"}</Expiration>`,
    newerVersions === undefined
      ? ""
      : `<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays>${newer}</NoncurrentVersionExpiration>`,
    abortsUploads
      ? "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload>"
      : "",
  ];
  return rule(actions.join(""), `<Filter><Prefix>${prefix}</Prefix></Filter>`);
}

/** Of one day: it has passed at the midnight after. */
export function hasPassed(sinceMs: number, nowMs: number): boolean {
  return Math.ceil((sinceMs + DAY_MS) / DAY_MS) * DAY_MS <= nowMs;
}

/**
 * What a scan at that moment leaves of a key's versions: each of them, from the newest on, is looked at once, as it is then.
 *
 * @param modifiedMs of each version before the scan
 */
export function scanned(
  before: Versions,
  versioning: Versioning,
  rules: ModelRules,
  modifiedMs: (version: ModelVersion) => number,
  nowMs: number,
): Versions {
  let left = before;
  let noncurrentObjects = 0;
  for (const version of before) {
    const at = left.indexOf(version);
    const isCurrent = version === before[0];
    const newer = left[at - 1];
    // One that the scan itself has made is new.
    const newerMs = newer !== undefined && before.includes(newer) ? modifiedMs(newer) : nowMs;
    if (isCurrent) left = currentScanned(version, left, versioning, rules, modifiedMs, nowMs);
    else if (
      rules.newerVersions !== undefined &&
      noncurrentObjects >= rules.newerVersions &&
      hasPassed(newerMs, nowMs) &&
      version.locks.length === 0
    )
      left = left.filter((other) => other !== version);
    if (!isCurrent && version.rope !== undefined) noncurrentObjects += 1;
  }
  return left;
}

function currentScanned(
  current: ModelVersion,
  versions: Versions,
  versioning: Versioning,
  { expires, removesLoneMarkers }: ModelRules,
  modifiedMs: (version: ModelVersion) => number,
  nowMs: number,
): Versions {
  const isDue = expires && hasPassed(modifiedMs(current), nowMs);
  if (current.rope !== undefined)
    return isDue ? written(versions, versioning, undefined, {}) : versions;
  const isLone = versions.length === 1;
  return isLone && (removesLoneMarkers || isDue) ? [] : versions;
}
