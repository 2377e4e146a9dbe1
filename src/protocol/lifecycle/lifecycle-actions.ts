import type { TagSet } from "../tag-set.ts";
import { TRANSITION_CLASSES } from "./lifecycle-configuration.ts";
import type { Lifecycle, LifecycleRule, When } from "./lifecycle.ts";

export const DAY_MS = 86_400_000;

/** A version, as rules look at it. */
export interface LifecycleEntry {
  readonly key: string;
  readonly sizeBytes: number;
  readonly tags: TagSet;
  readonly storageClass: string;
  readonly modifiedMs: number;
  readonly isMarker: boolean;
  /** When the next newer version was made; undefined: it is the current one. */
  readonly noncurrentSinceMs: number | undefined;
  /** Noncurrent versions that are newer; delete markers do not count. */
  readonly newerVersions: number;
  /** Its key has no other version. */
  readonly isLone: boolean;
}

type LifecycleAction =
  /** The version goes for good. */
  | { readonly kind: "remove" }
  /** The current version is deleted as a client deletes it: where there are versions, a delete marker hides it. */
  | { readonly kind: "expire" }
  | { readonly kind: "transition"; readonly storageClass: string };

interface PlannedAction {
  readonly dueMs: number;
  readonly action: LifecycleAction;
  /** False: it waits for newer versions, however late it is. */
  readonly isReady: boolean;
}

export interface LifecycleTerms {
  /** How long a day lasts: shorter in tests alone, where it does not end at midnight either. */
  readonly dayMs: number;
  /** How large an object has to be that a transition moves, unless its rule says something of sizes. */
  readonly minimumBytes: number;
}

/**
 * When so many days have passed. AWS rounds up to the next midnight UTC.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html#intro-lifecycle-rules-number-of-days
 */
export function dueTime(sinceMs: number, when: When, dayMs: number = DAY_MS): number {
  if ("dateMs" in when) return when.dateMs;
  const dueMs = sinceMs + when.days * dayMs;
  return dayMs === DAY_MS ? Math.ceil(dueMs / DAY_MS) * DAY_MS : dueMs;
}

/** What the rules say of a version as it is: all that is to be done with it, now or later. */
export function plannedActions(
  lifecycle: Lifecycle,
  entry: LifecycleEntry,
  terms: LifecycleTerms,
): readonly PlannedAction[] {
  const planned: PlannedAction[] = [];
  for (const rule of lifecycle.rulesOf(entry.key))
    if (isAbout(rule, entry)) plan(planned, lifecycle, rule, entry, terms);
  return planned;
}

/** But for the prefix. A delete marker has neither tags nor a size, not even none. */
export function isAbout(
  { tags, overBytes, underBytes }: LifecycleRule,
  entry: Pick<LifecycleEntry, "isMarker" | "sizeBytes" | "tags">,
): boolean {
  if (entry.isMarker)
    return tags.length === 0 && overBytes === undefined && underBytes === undefined;
  return (
    (overBytes === undefined || entry.sizeBytes > overBytes) &&
    (underBytes === undefined || entry.sizeBytes < underBytes) &&
    tags.every(({ Key, Value }) =>
      entry.tags.some(({ key, value }) => key === Key && value === Value),
    )
  );
}

function plan(
  planned: PlannedAction[],
  lifecycle: Lifecycle,
  rule: LifecycleRule,
  entry: LifecycleEntry,
  terms: LifecycleTerms,
): void {
  const { isMarker, modifiedMs, noncurrentSinceMs, newerVersions } = entry;
  const isCurrent = noncurrentSinceMs === undefined;
  const sinceMs = noncurrentSinceMs ?? modifiedMs;
  const add = (when: When, action: LifecycleAction, atLeastNewer = 0): void => {
    const dueMs = dueTime(sinceMs, when, terms.dayMs);
    planned.push({ dueMs, action, isReady: newerVersions >= atLeastNewer });
  };

  if (isCurrent && isMarker) {
    if (!entry.isLone) return;
    if (rule.removesLoneMarkers)
      planned.push({ dueMs: modifiedMs, action: { kind: "remove" }, isReady: true });
    if (rule.expiration !== undefined) add(rule.expiration, { kind: "remove" });
    return;
  }
  const { expiration, noncurrentExpiration } = rule;
  if (isCurrent && expiration !== undefined) add(expiration, { kind: "expire" });
  if (!isCurrent && noncurrentExpiration !== undefined)
    add(noncurrentExpiration.when, { kind: "remove" }, noncurrentExpiration.newerVersions);
  if (isMarker) return;
  for (const transition of isCurrent ? rule.transitions : rule.noncurrentTransitions) {
    const { storageClass, when } = transition;
    if (movesTo(storageClass, lifecycle, rule, entry, terms))
      add(when, { kind: "transition", storageClass }, transition.newerVersions);
  }
}

/** Objects move to colder classes only, and small ones, which cost more there, only where they are meant to. */
function movesTo(
  storageClass: string,
  { archivesAnySize }: Lifecycle,
  { overBytes, underBytes }: LifecycleRule,
  entry: LifecycleEntry,
  { minimumBytes }: LifecycleTerms,
): boolean {
  if (coldness(storageClass) <= coldness(entry.storageClass)) return false;
  const hasSize = overBytes !== undefined || underBytes !== undefined;
  const isArchive = storageClass === "GLACIER" || storageClass === "DEEP_ARCHIVE";
  return hasSize || (archivesAnySize && isArchive) || entry.sizeBytes >= minimumBytes;
}

/** -1: STANDARD, and what is as warm. */
function coldness(storageClass: string): number {
  return (TRANSITION_CLASSES as readonly string[]).indexOf(storageClass);
}

/**
 * Which of the actions is to be done now. What removes comes before what moves, and that before a delete marker; of those that
 * move, the one to the coldest class.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-conflicts.html
 */
export function actionNow(
  planned: readonly PlannedAction[],
  nowMs: number,
  isVersioned: boolean,
): LifecycleAction | undefined {
  const rankOf = (action: LifecycleAction): number => {
    if (action.kind === "transition") return 1 + coldness(action.storageClass);
    return action.kind === "expire" && isVersioned ? 0 : Infinity;
  };
  let chosen: LifecycleAction | undefined;
  for (const { dueMs, action, isReady } of planned)
    if (isReady && dueMs <= nowMs && (chosen === undefined || rankOf(action) > rankOf(chosen)))
      chosen = action;
  return chosen;
}

/** Never comes. */
export const NEVER_MS = Number.MAX_SAFE_INTEGER;

/**
 * Before this time nothing is due of what is written to these keys from `nowMs` on.
 *
 * @param rules those that may be about them
 */
export function earliestOfNew(
  rules: readonly LifecycleRule[],
  nowMs: number,
  dayMs: number,
): number {
  let earliestMs = NEVER_MS;
  for (const rule of rules) {
    const whens = [
      rule.expiration,
      rule.noncurrentExpiration?.when,
      ...[...rule.transitions, ...rule.noncurrentTransitions].map(({ when }) => when),
    ];
    for (const when of whens)
      if (when !== undefined) earliestMs = Math.min(earliestMs, dueTime(nowMs, when, dayMs));
  }
  return earliestMs;
}
