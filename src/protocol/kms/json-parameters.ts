import type { JsonValue } from "../../lib/strict-json.ts";
import type { QueryNode } from "../query-api/query-parameters.ts";

/**
 * A JSON value as the tree that form-encoded parameters are read as, so that both are described and checked in one way: an
 * element of a list is a member of `member`, by its number. What is null was not sent.
 *
 * @returns undefined: it is null
 */
export function jsonParameters(value: JsonValue): QueryNode | undefined {
  if (value === null) return undefined;
  if (typeof value !== "object") return { text: String(value) };
  if (value instanceof Map) return { members: nodesOf(value) };
  const elements = (value as readonly JsonValue[]).map((element, i): [string, JsonValue] => [
    String(i + 1),
    element,
  ]);
  return { members: new Map([["member", { members: nodesOf(elements) }]]) };
}

function nodesOf(entries: Iterable<[string, JsonValue]>): Map<string, QueryNode> {
  const nodes = new Map<string, QueryNode>();
  for (const [name, value] of entries) {
    const node = jsonParameters(value);
    if (node !== undefined) nodes.set(name, node);
  }
  return nodes;
}
