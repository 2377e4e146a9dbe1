import { parse } from "smol-toml";

/** What wrangler.toml says of how the Worker runs. */
export interface WorkerManifest {
  readonly compatibilityDate: string;
  readonly vars: Readonly<Record<string, string>>;
  /** All of it, for `ledge deploy`. */
  readonly configuration: Readonly<Record<string, unknown>>;
}

/** @throws Error for a variable that is no text */
export function workerManifest(toml: string): WorkerManifest {
  const configuration = parse(toml);
  const { compatibility_date: compatibilityDate, vars } = configuration;
  if (typeof compatibilityDate !== "string" || typeof vars !== "object")
    throw new Error("wrangler.toml lacks compatibility_date or [vars]");
  const texts = Object.entries(vars).map(([name, value]): [string, string] => {
    if (typeof value !== "string") throw new Error(`wrangler.toml: ${name} is no text`);
    return [name, value];
  });
  return { compatibilityDate, vars: Object.fromEntries(texts), configuration };
}
