import { privateAcl } from "../../protocol/acl/acl.ts";
import type { UserCaller } from "../../protocol/caller.ts";
import type { Account } from "../../protocol/owner.ts";
import { type ArnParts, splitArn } from "../../protocol/policy/arn.ts";
import { type CompiledPolicy, compilePolicy } from "../../protocol/policy/compile.ts";
import {
  type ConditionKey,
  type KeyValue,
  parseConditionKey,
  type PolicyContext,
} from "../../protocol/policy/context.ts";
import { contextKeysOf } from "../../protocol/policy/context-keys.ts";
import type { PolicyDocument } from "../../protocol/policy/document.ts";
import { evaluate } from "../../protocol/policy/evaluate.ts";
import { GRANT } from "../../protocol/policy/principals.ts";
import { type Span, statementSpans } from "../../protocol/policy/statement-positions.ts";
import { publicAccessBlock } from "../../protocol/public-access-block.ts";
import { CALLER_KEYS } from "./caller-keys.ts";
import { decide } from "./decide.ts";
import type { BucketFacts } from "./facts.ts";
import type { Question } from "./question.ts";

/** A policy that is to be asked, and by which name the answer refers to it. */
export interface SimulatedPolicy {
  readonly id: string;
  /** `user`, `group`, `role`, `aws-managed`, `user-managed`, `resource`, or `none`. */
  readonly type: string;
  readonly text: string;
  readonly document: PolicyDocument;
}

/** Whom policies are asked of, and by what. */
export interface Simulation {
  readonly caller: Omit<UserCaller, "policies">;
  readonly policies: readonly SimulatedPolicy[];
  /** Undefined: nothing bounds the caller. */
  readonly boundaries?: readonly SimulatedPolicy[];
  /** Of the resource, which belongs to this account. */
  readonly resource?: { readonly policy: SimulatedPolicy; readonly owner: Account };
  /** Values of condition keys, by the keys as they were given. */
  readonly context: ReadonlyMap<string, readonly string[]>;
}

export interface MatchedStatement {
  readonly policy: SimulatedPolicy;
  readonly span: Span | undefined;
}

export interface Simulated {
  readonly decision: "allowed" | "explicitDeny" | "implicitDeny";
  /** What the decision comes from. */
  readonly matched: readonly MatchedStatement[];
  /** Condition keys that were asked for and have no value. */
  readonly missingKeys: readonly string[];
  /** Undefined: there is no boundary. */
  readonly isWithinBoundary: boolean | undefined;
}

/** What a policy is asked by, once for all actions and resources. */
interface Prepared {
  readonly policy: SimulatedPolicy;
  readonly whole: CompiledPolicy;
  readonly statements: readonly CompiledPolicy[];
  readonly spans: readonly Span[];
}

/**
 * Decides requests that nobody makes, by the same rules as those that somebody makes: one after another, of one caller.
 *
 * @returns what says so of an action (`s3:GetObject`) on a resource (an ARN, or `*`)
 */
export function simulation(simulated: Simulation): (action: string, resource: string) => Simulated {
  const policies = simulated.policies.map(prepare);
  const boundaries = simulated.boundaries?.map(prepare);
  const ofResource = simulated.resource && prepare(simulated.resource.policy);
  const all = [...policies, ...(boundaries ?? []), ...(ofResource ? [ofResource] : [])];
  const spelledKeys = new Map(
    all.flatMap(({ policy }) => contextKeysOf(policy.document).map((key) => [spelling(key), key])),
  );
  const boundary = boundaries && joined(boundaries);
  const { owner } = simulated.resource ?? {};
  const bucket = ofResource && owner && bucketFacts(ofResource.whole, owner);
  const caller: UserCaller = { ...simulated.caller, policies: { identityPolicies: [] } };
  const permissions = {
    identityPolicies: policies.map(({ whole }) => whole),
    ...(boundary !== undefined && { boundary }),
  };
  const given = new Map(
    Array.from(simulated.context, ([key, values]) => [spelling(key), values] as const),
  );
  return (action, resource) => {
    const missing = new Set<string>();
    const context = contextOf(caller, given, missing);
    const question: Question = {
      ...{ caller, permissions, bucket, context },
      action: action.toLowerCase(),
      resource: partsOf(resource),
      object: "none",
    };
    const decision = decide(question);
    const isDenied = decision.kind === "deny" && decision.reason !== undefined;
    const effect = isDenied ? "isDenied" : "grant";
    const ofBoundary = boundary && evaluate([boundary], question);
    return {
      decision: decision.kind === "allow" ? "allowed" : isDenied ? "explicitDeny" : "implicitDeny",
      matched: all.flatMap((each) => matchedBy(each, question, effect)),
      missingKeys: Array.from(missing, (key) => spelledKeys.get(key) ?? key).toSorted(),
      isWithinBoundary:
        ofBoundary && !ofBoundary.isDenied.most && ofBoundary.grant.least !== GRANT.none,
    };
  };
}

function prepare(policy: SimulatedPolicy): Prepared {
  const { text, document } = policy;
  return {
    policy,
    whole: compilePolicy(document),
    statements: document.statements.map((each) =>
      compilePolicy({ ...document, statements: [each] }),
    ),
    spans: statementSpans(text),
  };
}

function joined(policies: readonly Prepared[]): CompiledPolicy {
  return { isPublic: false, statements: policies.flatMap(({ whole }) => whole.statements) };
}

function matchedBy(
  { policy, statements, spans }: Prepared,
  question: Question,
  effect: "grant" | "isDenied",
): readonly MatchedStatement[] {
  return statements.flatMap((statement, i) => {
    const { isDenied, grant } = evaluate([statement], question);
    const counts = effect === "isDenied" ? isDenied.most : grant.least !== GRANT.none;
    return counts ? [{ policy, span: spans[i] }] : [];
  });
}

const spelling = (key: string): string => spelled(parseConditionKey(key));
const spelled = ({ name, member }: ConditionKey): string =>
  member === undefined ? name : `${name}/${member.toLowerCase()}`;

/** What was given, else what is known of the caller. */
function contextOf(
  caller: UserCaller,
  given: ReadonlyMap<string, readonly string[]>,
  missing: Set<string>,
): PolicyContext {
  return {
    value(key): KeyValue {
      const asked = spelled(key);
      const values = given.get(asked);
      // Nobody has asked by a real user, whose id there would be.
      const known = CALLER_KEYS.get(key.name)?.(caller, key.member ?? "");
      const value =
        values?.length === 1 ? values[0] : (values ?? (known === "" ? undefined : known));
      if (value === undefined) missing.add(asked);
      return value;
    },
  };
}

/** A resource with a policy, as a bucket is one: nothing else of it lets anybody in. */
function bucketFacts(policy: CompiledPolicy, owner: Account): BucketFacts {
  return {
    name: "",
    owner,
    ownership: "BucketOwnerEnforced",
    acl: privateAcl(owner),
    policy,
    bindsOwner: true,
    block: publicAccessBlock(),
    isRequesterPays: false,
    tags: undefined,
  };
}

const ANY: ArnParts = ["", "", "", "", "", "*"];

function partsOf(resource: string): ArnParts {
  return splitArn(resource) ?? ANY;
}
