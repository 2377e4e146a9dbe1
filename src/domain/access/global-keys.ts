import type { Caller } from "../../protocol/caller.ts";
import type { ConditionKey, KeyValue, PolicyContext } from "../../protocol/policy/context.ts";
import { CALLER_KEYS, providerKey } from "./caller-keys.ts";

/** What every request tells policies, whichever service it is for. */
export interface GlobalFacts {
  readonly caller: Caller;
  /** Of the request as it was signed, with those that a presigned URL or a form has in their place. */
  readonly headers: Headers;
  readonly nowMs: number;
  readonly isSecure: boolean;
  /** The client's address, as the edge or the socket has it; no header of the client's own. */
  readonly sourceIp: string | undefined;
  /** `1.3` */
  readonly tlsVersion: string | undefined;
  /** The bucket's region, or the deployment's. */
  readonly region: string;
}

export type ReadKeyOf<Facts> = (facts: Facts, member: string) => KeyValue;

export const header =
  (name: string): ReadKeyOf<Pick<GlobalFacts, "headers">> =>
  ({ headers }) =>
    headers.get(name) ?? undefined;

/**
 * Where the values of the keys of every service come from, by their names in small letters.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
const GLOBAL_KEYS: ReadonlyMap<string, ReadKeyOf<GlobalFacts>> = new Map<
  string,
  ReadKeyOf<GlobalFacts>
>([
  ...Array.from(CALLER_KEYS, ([name, read]): readonly [string, ReadKeyOf<GlobalFacts>] => [
    name,
    ({ caller }, member) => read(caller, member),
  ]),
  ["aws:currenttime", ({ nowMs }) => new Date(nowMs).toISOString()],
  ["aws:epochtime", ({ nowMs }) => String(Math.floor(nowMs / 1000))],
  ["aws:securetransport", ({ isSecure }) => String(isSecure)],
  ["aws:sourceip", ({ sourceIp }) => sourceIp],
  ["aws:useragent", header("user-agent")],
  ["aws:referer", header("referer")],
  ["aws:requestedregion", ({ region }) => region],
]);

/**
 * The condition keys of a request. Each is computed when it is asked for, which most never are.
 *
 * @param own those of the service that it is for
 */
export function lazyContext(
  facts: GlobalFacts,
  own: (key: ConditionKey) => KeyValue,
): PolicyContext {
  // Each statement of a policy may ask for the same again.
  const known = new Map<string, KeyValue>();
  return {
    value(key) {
      const asked = `${key.name}/${key.member ?? ""}`;
      if (known.has(asked)) return known.get(asked);
      const value =
        GLOBAL_KEYS.get(key.name)?.(facts, key.member ?? "") ??
        own(key) ??
        providerKey(facts.caller, key);
      known.set(asked, value);
      return value;
    },
  };
}
