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
