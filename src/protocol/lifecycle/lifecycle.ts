import { parseIsoDate } from "../../lib/http-date.ts";
import { compareUtf8 } from "../../lib/utf8-order.ts";
import { conditionsOf } from "./lifecycle-filter.ts";
import type {
  LifecycleDocument,
  LifecycleRuleDocument,
  TransitionClass,
} from "./lifecycle-configuration.ts";

/** So many days after an object's time starts, or at a date. */
export type When = { readonly days: number } | { readonly dateMs: number };

interface Transition {
  readonly when: When;
  /** Noncurrent versions that have to be newer. */
  readonly newerVersions: number;
  readonly storageClass: TransitionClass;
}

/** An enabled rule. */
export interface LifecycleRule {
  readonly id: string;
  readonly prefix: string;
  readonly tags: readonly { readonly Key: string; readonly Value: string }[];
  readonly overBytes: number | undefined;
  readonly underBytes: number | undefined;
  readonly expiration: When | undefined;
  readonly removesLoneMarkers: boolean;
  readonly transitions: readonly Transition[];
  readonly noncurrentExpiration:
    | { readonly when: When; readonly newerVersions: number }
    | undefined;
  readonly noncurrentTransitions: readonly Transition[];
  readonly abortAfterDays: number | undefined;
}

/** The rules of a bucket, in a form that finds those of a key quickly. */
export class Lifecycle {
  readonly rules: readonly LifecycleRule[];
  /** Whether objects under 128 KiB move to GLACIER and DEEP_ARCHIVE. */
  readonly archivesAnySize: boolean;
  readonly hasTags: boolean;
  readonly countsVersions: boolean;
  readonly removesLoneMarkers: boolean;
  readonly abortsUploads: boolean;
  readonly #byPrefix: ReadonlyMap<string, readonly LifecycleRule[]>;
  /** Of the prefixes, each once: a key has one prefix of each. */
  readonly #lengths: readonly number[];

  constructor({ Rule = [], TransitionDefaultMinimumObjectSize }: Partial<LifecycleDocument>) {
    this.rules = Rule.filter(({ Status }) => Status === "Enabled").map(ruleOf);
    this.archivesAnySize = TransitionDefaultMinimumObjectSize === "varies_by_storage_class";
    this.hasTags = this.rules.some(({ tags }) => tags.length > 0);
    this.countsVersions = this.rules.some(
      ({ noncurrentExpiration, noncurrentTransitions }) =>
        (noncurrentExpiration?.newerVersions ?? 0) > 0 ||
        noncurrentTransitions.some(({ newerVersions }) => newerVersions > 0),
    );
    this.removesLoneMarkers = this.rules.some((rule) => rule.removesLoneMarkers);
    this.abortsUploads = this.rules.some(({ abortAfterDays }) => abortAfterDays !== undefined);
    this.#byPrefix = Map.groupBy(this.rules, ({ prefix }) => prefix);
    this.#lengths = [...new Set(this.rules.map(({ prefix }) => prefix.length))];
  }

  /** Those whose prefix the key has. */
  *rulesOf(key: string): Generator<LifecycleRule, void> {
    for (const length of this.#lengths)
      if (length <= key.length) yield* this.#byPrefix.get(key.slice(0, length)) ?? [];
  }

  /**
   * Those that may be about keys from `first` to `end`, which is not one of them.
   *
   * @param end undefined: to the last key
   */
  rulesBetween(first: string, end: string | undefined): readonly LifecycleRule[] {
    return this.rules.filter(
      ({ prefix }) =>
        first.startsWith(prefix) ||
        (compareUtf8(prefix, first) >= 0 && (end === undefined || compareUtf8(prefix, end) < 0)),
    );
  }
}

function ruleOf(rule: LifecycleRuleDocument): LifecycleRule {
  const { ID = "", Expiration, NoncurrentVersionExpiration: noncurrent } = rule;
  const conditions = conditionsOf(rule);
  return {
    id: ID,
    prefix: conditions.Prefix ?? "",
    tags: conditions.Tag,
    overBytes: conditions.ObjectSizeGreaterThan,
    underBytes: conditions.ObjectSizeLessThan,
    expiration: Expiration && whenOf(Expiration),
    removesLoneMarkers: Expiration?.ExpiredObjectDeleteMarker === true,
    transitions: rule.Transition.flatMap((transition) => {
      const when = whenOf(transition);
      if (when === undefined) return [];
      return { when, newerVersions: 0, storageClass: transition.StorageClass };
    }),
    noncurrentExpiration: noncurrent && {
      when: { days: noncurrent.NoncurrentDays },
      newerVersions: noncurrent.NewerNoncurrentVersions ?? 0,
    },
    noncurrentTransitions: rule.NoncurrentVersionTransition.map((transition) => ({
      when: { days: transition.NoncurrentDays },
      newerVersions: transition.NewerNoncurrentVersions ?? 0,
      storageClass: transition.StorageClass,
    })),
    abortAfterDays: rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation,
  };
}

/** Undefined: it says neither, as an expiration of delete markers does. */
function whenOf({
  Days,
  Date: date,
}: {
  readonly Days: number | undefined;
  readonly Date: string | undefined;
}): When | undefined {
  if (Days !== undefined) return { days: Days };
  const dateMs = date === undefined ? undefined : parseIsoDate(date);
  return dateMs === undefined ? undefined : { dateMs };
}
