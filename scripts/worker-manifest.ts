/** What wrangler.toml says of how the Worker runs. */
export interface WorkerManifest {
  readonly compatibilityDate: string;
  readonly vars: Readonly<Record<string, string>>;
}

/** @throws Error for a line of `[vars]` that is not `NAME = "value"` */
export function workerManifest(toml: string): WorkerManifest {
  const [, compatibilityDate] = /^compatibility_date = "([\d-]+)"$/m.exec(toml) ?? [];
  const [, section] = /^\[vars\]\n([^]*?)^\[/m.exec(toml) ?? [];
  if (compatibilityDate === undefined || section === undefined)
    throw new Error("wrangler.toml lacks compatibility_date or [vars]");
  const vars: Record<string, string> = {};
  for (const line of section.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [, name, value] = /^(\w+) = "([^"\\]*)"$/.exec(line) ?? [];
    if (name === undefined || value === undefined)
      throw new Error(`wrangler.toml: cannot read ${line}`);
    vars[name] = value;
  }
  return { compatibilityDate, vars };
}
