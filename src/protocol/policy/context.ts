/** A condition key: names have no case, so that they are in small letters here. */
export interface ConditionKey {
  /** `aws:principaltag` of `aws:PrincipalTag/team`. */
  readonly name: string;
  /** `team` of it, as written; undefined for a key without a part of its own. */
  readonly member: string | undefined;
}

/** The value is one of an object's that has not been read yet. */
export const NEEDS_OBJECT = Symbol("needs object");

/** What a request has for a key: one text, a set of them, or undefined, nothing. */
export type KeyValue = string | readonly string[] | undefined | typeof NEEDS_OBJECT;

/** Where the values of condition keys come from: each is computed when a condition or a variable asks for it. */
export interface PolicyContext {
  value(key: ConditionKey): KeyValue;
}

/** True or false, or what only the object can tell. */
export type Answer = boolean | typeof NEEDS_OBJECT;

export function parseConditionKey(text: string): ConditionKey {
  const slash = text.indexOf("/");
  if (slash === -1) return { name: text.toLowerCase(), member: undefined };
  return { name: text.slice(0, slash).toLowerCase(), member: text.slice(slash + 1) };
}
