import { boundedText } from "../../lib/bounded-text.ts";
import { listMembers, type QueryNode } from "./query-parameters.ts";
import { QueryError } from "./query-error.ts";

/** One parameter of an action: how it is read, and what it has to be. */
export interface Field<T> {
  /**
   * @param node undefined: it was not sent
   * @param at where it is, in AWS's words: `tags.1.member.key`
   * @param problems what is wrong with it is added to these, and the answer is of no use then
   */
  readonly read: (node: QueryNode | undefined, at: string, problems: string[]) => T;
  /** What it is called in requests; undefined: as in the description of its action. */
  readonly parameter?: string;
}

/** The parameters of an action, by their names. */
export type Fields = Readonly<Record<string, Field<unknown>>>;

/** What an action is given for them. */
export type Input<F extends Fields> = {
  readonly [Name in keyof F]: F[Name] extends Field<infer T> ? T : never;
};

/** @throws QueryError ValidationError with all that is wrong, as AWS words it */
export function readInput<F extends Fields>(fields: F, parameters: QueryNode): Input<F> {
  const problems: string[] = [];
  const input = readMembers(fields, parameters, "", problems);
  if (problems.length === 0) return input;
  const noun = problems.length === 1 ? "error" : "errors";
  throw new QueryError("ValidationError", {
    message: `${problems.length} validation ${noun} detected: ${problems.join("; ")}`,
  });
}

function readMembers<F extends Fields>(
  fields: F,
  node: QueryNode,
  prefix: string,
  problems: string[],
): Input<F> {
  const entries = Object.entries(fields).map(([name, field]) => {
    const { parameter = name } = field;
    const at = prefix + parameter.charAt(0).toLowerCase() + parameter.slice(1);
    return [name, field.read(node.members?.get(parameter), at, problems)];
  });
  return Object.fromEntries(entries) as Input<F>;
}

interface Constraints {
  readonly min?: number;
  readonly max?: number;
  /** Whole texts that match. Linear in their length: anybody may send them. */
  readonly pattern?: RegExp;
  /** The pattern as AWS tells it. */
  readonly shown?: string;
}

/** A text that has to be sent. */
export function text({ min = 0, max = Infinity, pattern, shown }: Constraints = {}): Field<string> {
  return value((sent, add) => {
    if (pattern?.test(sent) === false)
      add(`Member must satisfy regular expression pattern: ${shown ?? pattern.source}`);
    if (sent.length > max) add(`Member must have length less than or equal to ${max}`);
    if (sent.length < min) add(`Member must have length greater than or equal to ${min}`);
    return sent;
  }, "");
}

/** One of a few words. */
export function oneOf<const Word extends string>(words: readonly Word[]): Field<Word> {
  const [first] = words;
  return value(
    (sent, add) => {
      const word = words.find((each) => each === sent);
      if (word === undefined)
        add(`Member must satisfy enum value set: [${words.toSorted().join(", ")}]`);
      return word ?? (sent as Word);
    },
    first ?? ("" as Word),
  );
}

export function integer(min: number, max: number): Field<number> {
  return value((sent, add) => {
    const number = /^[+-]?\d{1,15}$/.test(sent) ? Number(sent) : undefined;
    if (number === undefined) add("Member must be an integer");
    else if (number > max) add(`Member must have value less than or equal to ${max}`);
    else if (number < min) add(`Member must have value greater than or equal to ${min}`);
    return number ?? 0;
  }, 0);
}

export function boolean(): Field<boolean> {
  return value((sent, add) => {
    const word = sent.toLowerCase();
    if (word !== "true" && word !== "false") add("Member must be a boolean");
    return word === "true";
  }, false);
}

/** A parameter that actions which are else alike call differently. */
export function called<T>(parameter: string, field: Field<T>): Field<T> {
  return { ...field, parameter };
}

/** May be left out. */
export function optional<T>(field: Field<T>): Field<T | undefined> {
  return {
    read: (node, at, problems) => (node === undefined ? undefined : field.read(node, at, problems)),
  };
}

/** `Name.member.1`, `Name.member.2` and so on; `Name=` is how SDKs send an empty one. */
export function list<T>(
  element: Field<T>,
  { min = 0, max = Infinity }: Pick<Constraints, "max" | "min"> = {},
): Field<readonly T[]> {
  return {
    read(node, at, problems) {
      if (node === undefined) return missing(at, problems, []);
      const members = listMembers(node);
      const add = adderOf(
        `[${members.map(({ text: sent = "" }) => sent).join(", ")}]`,
        at,
        problems,
      );
      if (members.length > max) add(`Member must have length less than or equal to ${max}`);
      if (members.length < min) add(`Member must have length greater than or equal to ${min}`);
      if (problems.length > 0 && members.length > max) return [];
      return members.map((member, i) => element.read(member, `${at}.${i + 1}.member`, problems));
    },
  };
}

/** What has members of its own, such as a tag. */
export function structure<F extends Fields>(fields: F): Field<Input<F>> {
  return {
    read: (node = {}, at, problems) => readMembers(fields, node, `${at}.`, problems),
  };
}

/** @param nothing stands for it when it is wrong: nobody gets to see it */
function value<T>(
  read: (sent: string, add: (constraint: string) => void) => T,
  nothing: T,
): Field<T> {
  return {
    read(node, at, problems) {
      const sent = node?.text;
      if (sent === undefined) return missing(at, problems, nothing);
      return read(sent, adderOf(sent, at, problems));
    },
  };
}

function missing<T>(at: string, problems: string[], nothing: T): T {
  problems.push(`Value null at '${at}' failed to satisfy constraint: Member must not be null`);
  return nothing;
}

/** Of a text that a client may make as long as it likes. */
const MAX_TOLD_LENGTH = 2048;

function adderOf(sent: string, at: string, problems: string[]): (constraint: string) => void {
  return (constraint) => {
    const told = boundedText(sent, MAX_TOLD_LENGTH);
    problems.push(`Value '${told}' at '${at}' failed to satisfy constraint: ${constraint}`);
  };
}
