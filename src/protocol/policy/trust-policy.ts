import { type CompiledPolicy, compilePolicy, compileStoredPolicy } from "./compile.ts";
import { type Principals, type PolicyDocument, readPolicy, type Statement } from "./document.ts";
import { checkStatements, readIamDocument, refuse } from "./iam-document.ts";
import { parsePrincipals } from "./principals.ts";

/** Who may act as a role, as it is stored with the role. */
export interface TrustPolicy {
  /** As it came. */
  readonly text: string;
  /**
   * The users and roles that it names, ARN → unique id, as they were when it was put: who comes to have the name of one of
   * them is not trusted, and neither is who there was none of.
   *
   * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles
   */
  readonly ids: Readonly<Record<string, string>>;
}

/**
 * Looks up users and roles by their ARNs, in the order given: the unique id of each. `elsewhere`: its account is not known here,
 * so that nobody can tell.
 */
export type FindPrincipals = (
  arns: readonly string[],
) => Promise<readonly (UniqueId | "elsewhere" | "missing")[]>;

type UniqueId = `A${string}`;

/**
 * Reads the trust policy of a role.
 *
 * @throws QueryError MalformedPolicyDocument
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_terms-and-concepts.html#term_trust-policy
 */
export async function readTrustPolicy(text: string, find: FindPrincipals): Promise<TrustPolicy> {
  const { statements } = readIamDocument(text, "This policy contains invalid Json");
  for (const { resource } of statements)
    if (resource !== undefined)
      refuse(`Has prohibited field ${resource.isNot ? "NotResource" : "Resource"}`);
  checkStatements(statements);
  for (const statement of statements) checkStatement(statement);
  return { text, ids: await idsOf(statements, find) };
}

function checkStatement({ principal, action }: Statement): void {
  if (principal === undefined)
    refuse(
      "Invalid principal in policy: com.amazon.balsa.error.InvalidPolicyException: The passed in policy has a statement with no principals!",
    );
  if (principal.isNot) refuse("Has prohibited field NotPrincipal");
  if (action?.isNot !== false) refuse("Has prohibited field NotAction");
  if (!action.values.every((value) => /^sts:/i.test(value)))
    refuse("AssumeRole policy may only specify STS AssumeRole actions.");
  for (const [kind, names] of principal.values)
    for (const name of names)
      if (parsePrincipals(new Map([[kind, [name]]])) === undefined) refusePrincipal(kind, name);
}

const ENTITY_ARN = /^arn:aws:iam::[A-Za-z0-9]*:(?:user|role)\//;

async function idsOf(
  statements: readonly Statement[],
  find: FindPrincipals,
): Promise<TrustPolicy["ids"]> {
  const names = statements.flatMap(({ principal }) => principal?.values.get("AWS") ?? []);
  const arns = Array.from(new Set(names.filter((name) => ENTITY_ARN.test(name))));
  const found = arns.length === 0 ? [] : await find(arns);
  const ids: Record<string, string> = {};
  for (const [i, arn] of arns.entries()) {
    const id = found[i] ?? "missing";
    if (id === "missing") refusePrincipal("AWS", arn);
    if (id !== "elsewhere") ids[arn] = id;
  }
  return ids;
}

function refusePrincipal(kind: string, name: string): never {
  refuse(`Invalid principal in policy: "${kind.toUpperCase()}":"${name}"`);
}

/** What is compiled of a policy that was read once, as long as it is remembered. */
const compiled = new WeakMap<TrustPolicy, CompiledPolicy>();

export function compileTrustPolicy(policy: TrustPolicy): CompiledPolicy {
  let known = compiled.get(policy);
  if (known === undefined) compiled.set(policy, (known = compile(policy)));
  return known;
}

function compile({ text, ids }: TrustPolicy): CompiledPolicy {
  let document: PolicyDocument;
  try {
    document = readPolicy(text);
  } catch {
    // It denies everything.
    return compileStoredPolicy(text);
  }
  return compilePolicy({
    ...document,
    statements: document.statements.map(({ principal, ...statement }) => ({
      ...statement,
      principal: principal && { ...principal, values: identified(principal.values, ids) },
      // It is about the role that it belongs to.
      resource: { isNot: false, values: ["*"] },
    })),
  });
}

/** With the users and roles by their ids. */
function identified(principals: Principals, ids: TrustPolicy["ids"]): Principals {
  return new Map(
    Array.from(principals, ([kind, names]) => [
      kind,
      kind === "AWS" ? names.flatMap((name) => identify(name, ids)) : names,
    ]),
  );
}

function identify(name: string, ids: TrustPolicy["ids"]): string | readonly string[] {
  if (!ENTITY_ARN.test(name)) return name;
  return Object.hasOwn(ids, name) ? (ids[name] ?? []) : [];
}
