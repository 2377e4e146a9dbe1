export interface ParsedFamily {
  readonly type: string;
  readonly help: string;
  /** By what stands before the value, e.g. `name{a="b"}`. */
  readonly samples: Map<string, number>;
}

const LABEL = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"`;
const SAMPLE = new RegExp(
  String.raw`^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{${LABEL}(?:,${LABEL})*\})? (-?[0-9][0-9.e+-]*|[+-]Inf|NaN)$`,
);

/**
 * Reads metrics as strictly as the format is written down: each family has its help and its type first, and all of its samples
 * together, none twice.
 *
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details
 */
export function parsePrometheus(text: string): Map<string, ParsedFamily> {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const families = new Map<string, ParsedFamily>();
  let help = "";
  let current = "";
  for (const line of text.slice(0, -1).split("\n")) {
    const [, keyword, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (keyword === "HELP") {
      if (families.has(name)) throw new Error(`${name} is there twice`);
      help = rest;
      current = name;
    } else if (keyword === "TYPE") {
      if (name !== current) throw new Error(`${line} is not of ${current}`);
      families.set(name, { type: rest, help, samples: new Map() });
    } else {
      const [, sample = "", labels = "", value = ""] = SAMPLE.exec(line) ?? [];
      const family = families.get(current);
      const suffix = sample.slice(current.length);
      const suffixes = family?.type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
      if (family === undefined || !sample.startsWith(current) || !suffixes.includes(suffix))
        throw new Error(`"${line}" is not a sample of ${current}`);
      if (family.samples.has(sample + labels)) throw new Error(`${sample + labels} is there twice`);
      family.samples.set(sample + labels, Number(value.replace("Inf", "Infinity")));
    }
  }
  return families;
}

export function sampleOf(text: string, sample: string): number | undefined {
  for (const { samples } of parsePrometheus(text).values())
    if (samples.has(sample)) return samples.get(sample);
  return undefined;
}
