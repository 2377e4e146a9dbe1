import {
  type MatchedStatement,
  type Simulated,
  type SimulatedPolicy,
  simulation,
} from "../../domain/access/simulate.ts";
import type { XmlNode } from "../../lib/xml-writer.ts";
import type { Account } from "../../protocol/owner.ts";
import { contextKeysOf } from "../../protocol/policy/context-keys.ts";
import type { Position } from "../../protocol/policy/statement-positions.ts";
import {
  type Input,
  list,
  oneOf,
  optional,
  structure,
  text,
} from "../../protocol/query-api/fields.ts";
import { PAGE, pageContent, pageRequest } from "../../protocol/query-api/pages.ts";
import { QueryError } from "../../protocol/query-api/query-error.ts";
import { action, type Actions, type QueryContext } from "../query/action.ts";
import { memberList } from "./iam-contents.ts";
import { arn, policyDocument } from "./iam-fields.ts";
import { ANYTHING } from "./iam-resources.ts";
import {
  inputPolicies,
  resourcePolicy,
  type Source,
  sourceBoundary,
  sourceOf,
  sourcePolicies,
} from "./simulated-policies.ts";

const policies = list(policyDocument);

const REQUESTS = {
  ...PAGE,
  ActionNames: list(text({ min: 3, max: 128 })),
  ResourceArns: optional(list(text({ min: 1, max: 2048 }))),
  PermissionsBoundaryPolicyInputList: optional(policies),
  ResourcePolicy: optional(policyDocument),
  ResourceOwner: optional(text({ min: 1, max: 2048 })),
  ResourceHandlingOption: optional(text({ min: 1, max: 64 })),
  CallerArn: optional(text({ min: 1, max: 2048 })),
  ContextEntries: optional(
    list(
      structure({
        ContextKeyName: text({ min: 5, max: 256 }),
        ContextKeyValues: optional(list(text())),
        ContextKeyType: optional(
          oneOf([
            ...(["binary", "binaryList", "boolean", "booleanList", "date", "dateList"] as const),
            ...(["ip", "ipList", "numeric", "numericList", "string", "stringList"] as const),
          ]),
        ),
      }),
    ),
  ),
};
type Requests = Input<typeof REQUESTS>;

/** Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html, and the pages beside it */
export const SIMULATION_ACTIONS = {
  SimulateCustomPolicy: action({
    input: { ...REQUESTS, PolicyInputList: policies },
    on: () => ANYTHING,
    handle: ({ PolicyInputList: texts, ...input }, context) =>
      results(context, input, inputPolicies("PolicyInputList", texts), undefined),
  }),

  SimulatePrincipalPolicy: action({
    input: { ...REQUESTS, PolicySourceArn: arn, PolicyInputList: optional(policies) },
    on: ({ PolicySourceArn: sourceArn }) => ({ arn: sourceArn }),
    async handle({ PolicySourceArn: sourceArn, PolicyInputList: more = [], ...input }, context) {
      const source = await sourceOf(context, sourceArn);
      const all = [...sourcePolicies(source), ...inputPolicies("PolicyInputList", more)];
      return results(context, input, all, source);
    },
  }),

  GetContextKeysForCustomPolicy: action({
    input: { PolicyInputList: policies },
    on: () => ANYTHING,
    handle: ({ PolicyInputList: texts }) => keysContent(inputPolicies("PolicyInputList", texts)),
  }),

  GetContextKeysForPrincipalPolicy: action({
    input: { PolicySourceArn: arn, PolicyInputList: optional(policies) },
    on: ({ PolicySourceArn: sourceArn }) => ({ arn: sourceArn }),
    async handle({ PolicySourceArn: sourceArn, PolicyInputList: more = [] }, context) {
      const source = await sourceOf(context, sourceArn);
      const bounding = sourceBoundary(source) ?? [];
      const brought = inputPolicies("PolicyInputList", more);
      return keysContent([...sourcePolicies(source), ...bounding, ...brought]);
    },
  }),
} satisfies Actions;

function keysContent(all: readonly SimulatedPolicy[]): readonly XmlNode[] {
  const keys = new Set(all.flatMap(({ document }) => contextKeysOf(document)));
  return [["ContextKeyNames", memberList(Array.from(keys).toSorted(), (key) => key)]];
}

/**
 * A request may name thousands of actions, resources, and patterns: a page has as many results as take so many characters of policies
 * to look at. Each statement that matches is told, which takes some times as many.
 */
const MAX_CHARACTERS_ASKED = 500_000;

function results(
  context: QueryContext,
  input: Requests,
  asked: readonly SimulatedPolicy[],
  source: Source | undefined,
): readonly XmlNode[] {
  const { PermissionsBoundaryPolicyInputList: bounds, ResourceArns: arns = ["*"] } = input;
  const boundaries =
    bounds === undefined
      ? source && sourceBoundary(source)
      : inputPolicies("PermissionsBoundaryPolicyInputList", bounds);
  const resource = input.ResourcePolicy === undefined ? undefined : resourceOf(context, input);
  const simulate = simulation({
    caller: callerOf(context, input.CallerArn ?? source?.arn),
    policies: asked,
    ...(boundaries !== undefined && { boundaries }),
    ...(resource !== undefined && { resource }),
    context: contextOf(input),
  });
  const { after = "0", limit } = pageRequest(input);
  const all = [...asked, ...(boundaries ?? []), ...(resource ? [resource.policy] : [])];
  const characters = all.reduce((sum, { text: each }) => sum + each.length, 1);
  const pageSize = Math.min(limit, Math.max(Math.floor(MAX_CHARACTERS_ASKED / characters), 1));
  const start = Number(after);
  if (!Number.isSafeInteger(start) || start < 0)
    throw new QueryError("ValidationError", { message: "Invalid Marker." });
  const total = input.ActionNames.length * arns.length;
  const end = Math.min(start + pageSize, total);
  const items = Array.from({ length: Math.max(end - start, 0) }, (_, i) => {
    const name = input.ActionNames[Math.floor((start + i) / arns.length)] ?? "";
    const on = arns[(start + i) % arns.length] ?? "*";
    return { name, on, simulated: simulate(name, on) };
  });
  return [
    ["EvaluationResults", memberList(items, resultContent)],
    ...pageContent({ items, next: end < total ? String(end) : undefined }),
  ];
}

function resultContent({
  name,
  on,
  simulated: { decision, matched, missingKeys, isWithinBoundary },
}: {
  readonly name: string;
  readonly on: string;
  readonly simulated: Simulated;
}): readonly XmlNode[] {
  return [
    ["EvalActionName", name],
    ["EvalResourceName", on],
    ["EvalDecision", decision],
    ["MatchedStatements", memberList(matched, statementContent)],
    ["MissingContextValues", memberList(missingKeys, (key) => key)],
    [
      "PermissionsBoundaryDecisionDetail",
      isWithinBoundary === undefined
        ? undefined
        : [["AllowedByPermissionsBoundary", isWithinBoundary]],
    ],
  ];
}

function statementContent({ policy, span }: MatchedStatement): readonly XmlNode[] {
  return [
    ["SourcePolicyId", policy.id],
    ["SourcePolicyType", policy.type],
    ["StartPosition", span && positionContent(span.start)],
    ["EndPosition", span && positionContent(span.end)],
  ];
}

function positionContent({ line, column }: Position): readonly XmlNode[] {
  return [
    ["Line", line],
    ["Column", column],
  ];
}

const ACCOUNT_OF_ARN = /^arn:aws:iam::(\w*):/;

/** Simulated accounts are compared with one another only. */
const accountOf = (id: string): Account => ({ id, canonicalId: id, displayName: id });

function callerOf({ caller }: QueryContext, callerArn: string | undefined) {
  const own = `arn:aws:iam::${caller.account.id}:user/simulated`;
  const simulatedArn = callerArn ?? own;
  const accountId = ACCOUNT_OF_ARN.exec(simulatedArn)?.[1];
  if (accountId === undefined)
    throw new QueryError("InvalidInput", { message: `Invalid Caller Arn: ${simulatedArn}` });
  return {
    kind: "user",
    account: accountOf(accountId),
    arn: simulatedArn,
    userId: "",
    userName: simulatedArn.slice(simulatedArn.lastIndexOf("/") + 1),
  } as const;
}

function resourceOf({ caller }: QueryContext, input: Requests) {
  const { ResourcePolicy: policy = "", ResourceOwner: owner, CallerArn: callerArn = "" } = input;
  const ownerId =
    owner === undefined
      ? (ACCOUNT_OF_ARN.exec(callerArn)?.[1] ?? caller.account.id)
      : (ACCOUNT_OF_ARN.exec(owner)?.[1] ?? owner);
  return { policy: resourcePolicy(policy), owner: accountOf(ownerId) };
}

function contextOf({ ContextEntries: entries = [] }: Requests) {
  return new Map(
    entries.map(({ ContextKeyName: key, ContextKeyValues: values = [] }) => [key, values]),
  );
}
