import type { IamResource } from "../../domain/access/iam-access.ts";
import type { Ports } from "../../domain/ports.ts";
import type { XmlContent } from "../../lib/xml-writer.ts";
import type { SignedCaller } from "../../protocol/caller.ts";
import { type Fields, type Input, readInput } from "../../protocol/query-api/fields.ts";
import type { QueryNode } from "../../protocol/query-api/query-parameters.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import type { Waiter } from "../../lib/waiter.ts";
import type { AccountScope } from "../../storage/ports/identity-directory.ts";

/** What the actions of IAM and STS work with. */
export interface QueryContext extends Ports {
  readonly caller: SignedCaller;
  /** The caller's account, whose identities the action is about. */
  readonly scope: AccountScope;
  readonly request: S3Request;
  readonly waiter: Waiter;
}

/** What one that nobody has to sign works with. */
export type UnsignedContext = Omit<QueryContext, "caller" | "scope">;

/** An action, with its parameters as they are described. */
interface Described<F extends Fields> {
  readonly input: F;
  /**
   * What the caller needs to be allowed the action on: a policy names it by its ARN. Not asked of root, who may do everything
   * in its account. Several: on each of them. Undefined: everybody with a key may.
   */
  readonly on: ((input: Input<F>, context: QueryContext) => Resource) | undefined;
  /** @returns what stands in the result; undefined: the action has no output */
  readonly handle: (input: Input<F>, context: QueryContext) => Result;
}

type Resource = Resources | Promise<Resources>;
type Resources = IamResource | readonly IamResource[];
type Result = XmlContent | Promise<XmlContent | undefined> | undefined;

/** An action as the runner knows it. */
export interface Action {
  /** Reads the parameters; what comes then works with them. @throws QueryError ValidationError */
  readonly prepare: (parameters: QueryNode) => PreparedAction;
  readonly isUnsigned?: false;
}

interface PreparedAction {
  /** {@link Described.on} */
  readonly on: ((context: QueryContext) => Resource) | undefined;
  readonly handle: (context: QueryContext) => Result;
}

/** One that nobody signs, since its parameters have what lets it in. */
export interface UnsignedAction {
  readonly prepare: (parameters: QueryNode) => {
    readonly handle: (context: UnsignedContext) => Result;
  };
  readonly isUnsigned: true;
}

/** All actions of an API, by their names. */
export type Actions = Readonly<Record<string, Action | UnsignedAction>>;

export function action<F extends Fields>({ input: fields, on, handle }: Described<F>): Action {
  return {
    prepare(parameters) {
      const input = readInput(fields, parameters);
      return {
        on: on && ((context) => on(input, context)),
        handle: (context) => handle(input, context),
      };
    },
  };
}

export function unsignedAction<F extends Fields>(described: {
  readonly input: F;
  readonly handle: (input: Input<F>, context: UnsignedContext) => Result;
}): UnsignedAction {
  return {
    isUnsigned: true,
    prepare(parameters) {
      const input = readInput(described.input, parameters);
      return { handle: (context) => described.handle(input, context) };
    },
  };
}
