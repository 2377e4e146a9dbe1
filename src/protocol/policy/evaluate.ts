import type { ArnParts } from "./arn.ts";
import type { CompiledPolicy, CompiledStatement } from "./compile.ts";
import type { Answer, NEEDS_OBJECT, PolicyContext } from "./context.ts";
import { GRANT, type Grant, type NamedCaller } from "./principals.ts";

/** What a policy is asked about. */
export interface PolicyQuestion {
  readonly caller: NamedCaller;
  /** In small letters, `s3:getobject`. */
  readonly action: string;
  readonly resource: ArnParts;
  readonly context: PolicyContext;
  readonly instead?: Instead;
}

/** Another action, or another resource: an Allow of it counts as well. */
export interface Instead {
  readonly action: string;
  readonly context: PolicyContext;
  /** Absent: the same. */
  readonly resource?: ArnParts;
  /** It counts only if it has a condition on one of these keys, in small letters. Absent: whatever conditions it has. */
  readonly keys?: readonly string[];
}

/** What policies say. While an object has not been read, there are two: the least that they can say for the caller, and the most. */
export interface Verdict {
  readonly isDenied: Range<boolean>;
  /** How directly Allows name the caller. */
  readonly grant: Range<Grant>;
}

export interface Range<T> {
  readonly least: T;
  readonly most: T;
}

const NOTHING: Verdict = {
  isDenied: { least: false, most: false },
  grant: { least: GRANT.none, most: GRANT.none },
};

/** What policies say of a request, all of one kind: a bucket's own, an identity's, or the boundary that limits it. */
export function evaluate(policies: readonly CompiledPolicy[], question: PolicyQuestion): Verdict {
  let verdict = NOTHING;
  for (const { statements } of policies)
    for (const statement of statements) {
      const grant = statement.grantTo(question.caller);
      if (grant === GRANT.none) continue;
      const { effect } = statement;
      const applies = appliesTo(statement, question);
      const counts = effect === "Allow" ? orElse(applies, insteadOf(statement, question)) : applies;
      if (counts !== false) verdict = add(verdict, effect === "Deny" ? "Deny" : grant, counts);
    }
  return verdict;
}

function insteadOf(statement: CompiledStatement, question: PolicyQuestion): Answer {
  if (question.instead === undefined) return false;
  const { keys, ...other } = question.instead;
  const isNamed =
    keys === undefined || statement.conditions.some(({ key }) => keys.includes(key.name));
  return isNamed && appliesTo(statement, { ...question, ...other });
}

function orElse(answer: Answer, other: Answer): Answer {
  return answer === true || other === false ? answer : other;
}

function add(
  { isDenied, grant }: Verdict,
  said: "Deny" | Grant,
  applies: true | typeof NEEDS_OBJECT,
): Verdict {
  const isSure = applies === true;
  if (said === "Deny") return { isDenied: { least: isDenied.least || isSure, most: true }, grant };
  return {
    isDenied,
    grant: {
      least: isSure && said > grant.least ? said : grant.least,
      most: said > grant.most ? said : grant.most,
    },
  };
}

/** Whoever it names. The action first, since it costs least and differs most often. */
function appliesTo(
  { namesAction, namesResource, conditions }: CompiledStatement,
  { action, resource, context }: PolicyQuestion,
): Answer {
  if (!namesAction(action)) return false;
  let answer = namesResource(resource, context);
  for (const { holds } of conditions) {
    if (answer === false) return false;
    const holdsHere = holds(context);
    if (holdsHere !== true) answer = holdsHere;
  }
  return answer;
}
