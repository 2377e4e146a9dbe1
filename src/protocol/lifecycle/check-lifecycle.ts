import { formatIsoDate, parseIsoDate } from "../../lib/http-date.ts";
import { invalidArgument, S3Error } from "../errors.ts";
import { rulesWithIds } from "../rule-id.ts";
import { conditionsOf } from "./lifecycle-filter.ts";
import {
  type LifecycleDocument,
  type LifecycleFilter,
  type LifecycleRuleDocument,
  TRANSITION_CLASSES,
  type TransitionClass,
} from "./lifecycle-configuration.ts";

/** A key has no more, so that no longer prefix matches one. */
const MAX_PREFIX_BYTES = 1024;
const MAX_SIZE_BYTES = 50 * 1024 ** 4;
const MAX_DAYS = 2 ** 31 - 1;
const MAX_NEWER_VERSIONS = 100;
const DAY_MS = 86_400_000;

/**
 * What the shape does not say of a lifecycle configuration.
 *
 * @returns the document as it is kept: every rule has an id, and dates are in one form
 * @throws S3Error MalformedXML, InvalidArgument, InvalidRequest
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html; the texts of what is
 *   not told there are those that AWS was seen to answer
 */
export function checkLifecycle(document: LifecycleDocument): LifecycleDocument {
  const rules = rulesWithIds(document.Rule).map((rule) => ({ ...checkRule(rule), ID: rule.ID }));
  return { ...document, Rule: rules };
}

function checkRule(rule: LifecycleRuleDocument): LifecycleRuleDocument {
  checkForm(rule);
  if (rule.Filter !== undefined) checkFilter(rule.Filter);
  if (Buffer.byteLength(prefixOf(rule)) > MAX_PREFIX_BYTES)
    throw invalidRequest(`The maximum size of a prefix is ${MAX_PREFIX_BYTES}.`);
  checkCurrent(rule);
  checkNoncurrent(rule);
  checkUploads(rule);
  return {
    ...rule,
    Expiration: rule.Expiration && { ...rule.Expiration, Date: midnight(rule.Expiration.Date) },
    Transition: rule.Transition.map((each) => ({ ...each, Date: midnight(each.Date) })),
  };
}

/** Which elements stand together. */
function checkForm(rule: LifecycleRuleDocument): void {
  const { Filter, Prefix, Expiration, Transition } = rule;
  const actions = [
    Expiration,
    Transition[0],
    rule.NoncurrentVersionExpiration,
    rule.NoncurrentVersionTransition[0],
    rule.AbortIncompleteMultipartUpload,
  ];
  const isWellFormed =
    (Filter === undefined) !== (Prefix === undefined) &&
    countOf(actions) > 0 &&
    (Expiration === undefined || countOf(Object.values(Expiration)) === 1) &&
    Transition.every(({ Days, Date }) => countOf([Days, Date]) === 1);
  if (!isWellFormed) throw new S3Error("MalformedXML");
}

function checkFilter(filter: LifecycleFilter): void {
  if (countOf(Object.values(filter)) > 1) throw new S3Error("MalformedXML");
  const { And } = filter;
  checkSizes(And ?? filter);
  if (And === undefined) return;
  const { Tag: tags, ...others } = And;
  if (countOf(Object.values(others)) + tags.length < 2) throw new S3Error("MalformedXML");
  if (new Set(tags.map(({ Key }) => Key)).size < tags.length)
    throw invalidRequest("Duplicate Tag Keys are not allowed.");
}

function checkSizes({
  ObjectSizeGreaterThan: over,
  ObjectSizeLessThan: under,
}: Pick<LifecycleFilter, "ObjectSizeGreaterThan" | "ObjectSizeLessThan">): void {
  for (const size of [over, under])
    if (size !== undefined && (size < 0 || size > MAX_SIZE_BYTES))
      throw new S3Error("MalformedXML");
  if (over !== undefined && under !== undefined && under <= over)
    throw invalidRequest("'ObjectSizeLessThan' must be greater than 'ObjectSizeGreaterThan'");
}

function checkCurrent(rule: LifecycleRuleDocument): void {
  const { Expiration, Transition } = rule;
  const named = `lifecycle rule for filter '${filterText(rule)}'`;
  if (Expiration?.Days !== undefined)
    checkNumber(
      Expiration.Days,
      1,
      MAX_DAYS,
      "'Days' for Expiration action must be a positive integer",
    );
  if (Expiration?.ExpiredObjectDeleteMarker !== undefined && hasTags(rule))
    throw invalidRequest("ExpiredObjectDeleteMarker cannot be specified with Tags.");
  for (const { Days } of Transition)
    checkNumber(Days ?? 0, 0, MAX_DAYS, "'Days' in Transition action must be nonnegative");
  const whens = [...Transition, ...(Expiration === undefined ? [] : [Expiration])];
  const usesDays = whens.some(({ Days }) => Days !== undefined);
  const usesDates = whens.some((when) => when.Date !== undefined);
  if (usesDays && usesDates)
    throw invalidRequest(
      `Found mixed 'Date' and 'Days' based Expiration and Transition actions in ${named}`,
    );
  const unit = usesDates ? "Date" : "Days";
  const timeOf = (when: { Date: string | undefined; Days: number | undefined }): number =>
    when.Days ?? parseIsoDate(when.Date ?? "") ?? 0;
  checkOrder(
    Transition.map((each) => ({ at: timeOf(each), storageClass: each.StorageClass })),
    Expiration && countOf([Expiration.Days, Expiration.Date]) > 0 ? timeOf(Expiration) : undefined,
    { unit, action: "Expiration", transition: "Transition", filter: filterText(rule) },
  );
}

function checkNoncurrent(rule: LifecycleRuleDocument): void {
  const { NoncurrentVersionExpiration: expiration, NoncurrentVersionTransition: transitions } =
    rule;
  if (expiration !== undefined)
    checkNumber(
      expiration.NoncurrentDays,
      1,
      MAX_DAYS,
      "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer",
    );
  for (const { NoncurrentDays } of transitions)
    checkNumber(
      NoncurrentDays,
      0,
      MAX_DAYS,
      "'NoncurrentDays' in NoncurrentVersionTransition action must be nonnegative",
    );
  for (const { NewerNoncurrentVersions: newer = 1 } of [
    ...transitions,
    ...(expiration ? [expiration] : []),
  ])
    checkNumber(
      newer,
      1,
      MAX_NEWER_VERSIONS,
      `'NewerNoncurrentVersions' must be between 1 and ${MAX_NEWER_VERSIONS}`,
    );
  checkOrder(
    transitions.map(({ NoncurrentDays: at, StorageClass: storageClass }) => ({ at, storageClass })),
    expiration?.NoncurrentDays,
    {
      unit: "NoncurrentDays",
      action: "NoncurrentVersionExpiration",
      transition: "NoncurrentVersionTransition",
      filter: filterText(rule),
    },
  );
}

/** An upload has neither tags nor a size yet. */
function checkUploads(rule: LifecycleRuleDocument): void {
  const abort = rule.AbortIncompleteMultipartUpload;
  if (abort === undefined) return;
  checkNumber(
    abort.DaysAfterInitiation,
    1,
    MAX_DAYS,
    "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer",
  );
  if (hasTags(rule))
    throw invalidRequest("AbortIncompleteMultipartUpload cannot be specified with Tags.");
  const { ObjectSizeGreaterThan, ObjectSizeLessThan } = conditionsOf(rule);
  if (countOf([ObjectSizeGreaterThan, ObjectSizeLessThan]) > 0)
    throw invalidRequest("AbortIncompleteMultipartUpload cannot be specified with Object Size.");
}

interface Named {
  readonly unit: string;
  readonly action: string;
  readonly transition: string;
  readonly filter: string;
}

/** The colder a class, the later; what expires has moved before. */
function checkOrder(
  transitions: readonly { readonly at: number; readonly storageClass: TransitionClass }[],
  expiresAt: number | undefined,
  { unit, action, transition, filter }: Named,
): void {
  const ordered = transitions.toSorted((a, b) => rankOf(a.storageClass) - rankOf(b.storageClass));
  for (const [i, { at, storageClass }] of ordered.entries()) {
    const warmer = ordered[i - 1];
    if (warmer?.storageClass === storageClass)
      throw invalidRequest(
        `'StorageClass' must be different for '${transition}' actions in same 'Rule' with filter '${filter}'`,
      );
    if (warmer !== undefined && at <= warmer.at)
      throw invalidArgument(
        `'${unit}' in the '${transition}' action for StorageClass '${storageClass}' for filter '${filter}' must be greater than '${unit}' in the '${transition}' action for StorageClass '${warmer.storageClass}'`,
        unit,
        String(at),
      );
    if (expiresAt !== undefined && expiresAt <= at)
      throw invalidArgument(
        `'${unit}' in the ${action} action for filter '${filter}' must be greater than '${unit}' in the ${transition} action`,
        unit,
        String(expiresAt),
      );
  }
}

function rankOf(storageClass: TransitionClass): number {
  return TRANSITION_CLASSES.indexOf(storageClass);
}

/** @throws S3Error MalformedXML, InvalidArgument */
function midnight(date: string | undefined): string | undefined {
  if (date === undefined) return undefined;
  const timeMs = parseIsoDate(date.trim());
  if (timeMs === undefined) throw new S3Error("MalformedXML");
  if (timeMs % DAY_MS !== 0)
    throw invalidArgument("'Date' must be at midnight GMT", "Date", formatIsoDate(timeMs));
  return formatIsoDate(timeMs);
}

function prefixOf(rule: LifecycleRuleDocument): string {
  return conditionsOf(rule).Prefix ?? "";
}

function hasTags(rule: LifecycleRuleDocument): boolean {
  return conditionsOf(rule).Tag.length > 0;
}

/** As AWS's messages name a filter. */
function filterText(rule: LifecycleRuleDocument): string {
  return `(prefix=${prefixOf(rule)})`;
}

function countOf(values: readonly unknown[]): number {
  return values.filter((value) => value !== undefined).length;
}

/** @param message whose first word, in quotes, is the element's name */
function checkNumber(value: number, least: number, most: number, message: string): void {
  if (value >= least && value <= most) return;
  const [, name = ""] = message.split("'");
  throw invalidArgument(message, name, String(value));
}

function invalidRequest(message: string): S3Error {
  return new S3Error("InvalidRequest", { message });
}
