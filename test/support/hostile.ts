import { expect } from "vitest";
import { XmlSyntaxError } from "../../src/lib/xml-reader.ts";
import { S3Error } from "../../src/protocol/errors.ts";

/** About as many as a request line or a header may have. */
const LENGTH = 60_000;
/**
 * Linear work on so many takes a tenth of it at most, on a machine with seven processes for each core half of it (2026-11); a pattern that
 * tries each of them from each of them takes seconds.
 */
const LIMIT_MS = 300;

/** What is repeated: the separators of everything that S3 parses, alone and with something to separate. */
const UNITS = [
  ...Array.from(" \t:;,=&/+%-.?\"'<>[]0aAé\u{1F600}"),
  ...[", ", "a,", "a;", "a=b&", "a&", "a=1, ", "/a", "0-", ":0", "a:", "%20", "%zz", "=?", ".."],
  ...["<a>", "<a/>", "a='' ", "&#65;"],
];

/** What may stand in a header. */
export const ASCII_TEXTS = textsOf(UNITS.filter((unit) => /^[\t\x20-\x7e]+$/.test(unit)));
export const TEXTS = textsOf(UNITS);

/** With an end that keeps a pattern from matching. */
function textsOf(units: readonly string[]): string[] {
  return units.map((unit) => `${unit.repeat(LENGTH / unit.length)} y z`);
}

/** What is done with a text, without what it takes to bring the text there. */
export type Preparation = (text: string) => () => unknown;

/** Expects that hostile texts are parsed, or refused as S3 refuses, in a time that grows no faster than they do. */
export function expectLinear(prepare: Preparation, texts: readonly string[]): void {
  for (const text of texts) {
    const takesMs = Math.min(...tries(prepare(text)));
    expect(takesMs, `milliseconds for ${JSON.stringify(text.slice(0, 10))}…`).toBeLessThan(
      LIMIT_MS,
    );
  }
}

/** How long each of at most twenty tries took: on a busy machine some are slow by chance, those that are not linear always. */
function* tries(act: () => unknown): Generator<number, void> {
  for (let count = 0; count < 20; count += 1) {
    const startMs = performance.now();
    actOrRefuse(act);
    const takesMs = performance.now() - startMs;
    yield takesMs;
    if (takesMs < LIMIT_MS) return;
  }
}

function actOrRefuse(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof S3Error || error instanceof XmlSyntaxError)) throw error;
  }
}
