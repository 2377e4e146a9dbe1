/** As far as a name tells it: what a name leads to, the platform's network decides. */
const PRIVATE_HOST = /^(?:localhost|.*\.(?:localhost|local|internal)|[\d.]+|\[.*\])\.?$/;

/** What a deployment declares, by name. */
export type Declared = Readonly<Record<string, unknown>>;

/**
 * @param name of the setting
 * @param json an object; empty: none is declared
 * @param read answers a text: what is wrong with it
 * @throws Error that tells no secret
 */
export function declaredTargets<Target extends object>(
  name: string,
  json: string,
  read: (called: string, target: Declared) => Target | string,
): ReadonlyMap<string, Target> {
  if (json === "") return new Map();
  const parsed = parse(json);
  if (!isObject(parsed)) throw new Error(`${name} is not a JSON object`);
  return new Map(
    Object.entries(parsed).map(([called, target]) => {
      const found = isObject(target) ? read(called, target) : "is not an object";
      if (typeof found === "string") throw new Error(`${name}: the target "${called}" ${found}`);
      return [called, found];
    }),
  );
}

/** What is wrong with an address that the deployment is to call. @param isLocal whether it may be any, and without TLS */
export function urlFault(url: string, isLocal: boolean): string | undefined {
  const parsed = URL.parse(url);
  if (parsed === null) return "has no url";
  const { protocol, hostname, username, password } = parsed;
  if (username !== "" || password !== "") return "has credentials in its url";
  if (protocol === "https:" && !PRIVATE_HOST.test(hostname)) return undefined;
  if (isLocal && (protocol === "https:" || protocol === "http:")) return undefined;
  return "has a url that is not https, or not at a public host name";
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Declared {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The members of a declared target, all of them texts. @returns a text: what is wrong with them */
export function textMembers<Required extends string, Optional extends string>(
  target: Readonly<Record<string, unknown>>,
  required: readonly Required[],
  optional: readonly Optional[],
): ({ readonly [Name in Required]: string } & { readonly [Name in Optional]?: string }) | string {
  const known: ReadonlySet<string> = new Set<string>([...required, ...optional]);
  for (const [member, value] of Object.entries(target))
    if (!known.has(member) || typeof value !== "string" || value === "")
      return `has a member "${member}" that is not expected, or no text`;
  for (const member of required) if (!Object.hasOwn(target, member)) return `has no ${member}`;
  return target as { readonly [Name in Required]: string } & {
    readonly [Name in Optional]?: string;
  };
}
