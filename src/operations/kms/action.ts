import type { IamResource } from "../../domain/access/iam-access.ts";
import type { Ports } from "../../domain/ports.ts";
import type { SignedCaller } from "../../protocol/caller.ts";
import { type Fields, type Input, readInput } from "../../protocol/query-api/fields.ts";
import type { QueryNode } from "../../protocol/query-api/query-parameters.ts";
import type { KeyScope } from "../../storage/ports/key-directory.ts";

/** What the actions of the KMS API work with. */
export interface KmsContext extends Ports {
  readonly caller: SignedCaller;
  /** The caller's account, and the region that the request is signed for. */
  readonly scope: KeyScope;
}

/** An action, with its parameters as they are described. */
interface Described<F extends Fields> {
  readonly input: F;
  /** What the caller needs to be allowed the action on. Not asked of root, who may do everything in its account. */
  readonly on: (
    input: Input<F>,
    context: KmsContext,
  ) => readonly IamResource[] | Promise<readonly IamResource[]>;
  /** @returns the answer's document; undefined: it has none */
  readonly handle: (input: Input<F>, context: KmsContext) => Promise<object | undefined>;
}

/** An action as the runner knows it. */
export interface KmsAction {
  /** Reads the parameters. @throws QueryError ValidationError */
  readonly prepare: (parameters: QueryNode) => {
    readonly on: (context: KmsContext) => readonly IamResource[] | Promise<readonly IamResource[]>;
    readonly handle: (context: KmsContext) => Promise<object | undefined>;
  };
}

/** By their names. */
export type KmsActions = Readonly<Record<string, KmsAction>>;

export function kmsAction<F extends Fields>({
  input: fields,
  on,
  handle,
}: Described<F>): KmsAction {
  return {
    prepare(parameters) {
      const input = readInput(fields, parameters);
      return {
        on: (context) => on(input, context),
        handle: (context) => handle(input, context),
      };
    },
  };
}
