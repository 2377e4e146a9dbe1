import { findMasked, maskRun } from "./masked-search.ts";

/**
 * A pattern with `*`, any run of characters, and `?`, any one character (a code point). Split at each `*`, and what is
 * between them at each `?`: `a?b*c` is `[["a", "b"], ["c"]]`. So no text has to be escaped.
 */
export type Glob = readonly Run[];

/** Texts with one character, whichever, between each two. */
type Run = readonly string[];

export function parseGlob(pattern: string): Glob {
  return pattern.split("*").map((run) => run.split("?"));
}

/** A text as it is, its own `*` and `?` too. */
export function literalGlob(text: string): Glob {
  return [[text]];
}

/**
 * Does the whole text match? Each run is taken where it is found first, and never looked for again, as the first place
 * leaves the most room for those that follow. So it takes a time that grows with the length of the text, and not with the
 * number of ways to split it.
 */
export function matchesGlob(glob: Glob, text: string): boolean {
  let at = runEnd(glob[0] ?? [], text, 0);
  const lastIndex = glob.length - 1;
  if (lastIndex < 1) return at === text.length;
  for (let i = 1; i < lastIndex && at !== undefined; i += 1) at = find(glob[i] ?? [], text, at);
  if (at === undefined) return false;
  const last = glob[lastIndex] ?? [];
  const start = startFromEnd(last, text);
  return start !== undefined && start >= at && runEnd(last, text, start) === text.length;
}

/** Where a run that begins at a place ends; undefined when it does not fit there. */
function runEnd(run: Run, text: string, start: number): number | undefined {
  let at = start;
  for (let i = 0; i < run.length; i += 1) {
    if (i > 0) {
      if (at >= text.length) return undefined;
      at += widthAt(text, at);
    }
    const part = run[i] ?? "";
    if (!text.startsWith(part, at)) return undefined;
    at += part.length;
  }
  return at;
}

/** Where a run must begin to end with the text: its parts have fixed lengths, and each character between them one or two. */
function startFromEnd(run: Run, text: string): number | undefined {
  let at = text.length;
  for (let i = run.length - 1; i >= 0; i -= 1) {
    at -= run[i]?.length ?? 0;
    if (i > 0) at -= widthBefore(text, at);
    if (at < 0) return undefined;
  }
  return at;
}

/** Runs that are longer are looked for so that their length costs a 32nd of it for each character of the text. */
const LONG = 32;

/** Where the first place of a run, from here on, ends. */
function find(run: Run, text: string, start: number): number | undefined {
  const [only = ""] = run;
  const length = run.reduce((sum, part) => sum + part.length + 1, -1);
  if (length > LONG) return findMasked(maskRun(run), text, start);
  if (run.length === 1) {
    const found = text.indexOf(only, start);
    return found === -1 ? undefined : found + only.length;
  }
  for (let at = start; at <= text.length; at += widthAt(text, at)) {
    const end = runEnd(run, text, at);
    if (end !== undefined) return end;
  }
  return undefined;
}

/** In UTF-16 code units. */
function widthAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

function widthBefore(text: string, at: number): number {
  return at > 1 && (text.codePointAt(at - 2) ?? 0) > 0xffff ? 2 : 1;
}
