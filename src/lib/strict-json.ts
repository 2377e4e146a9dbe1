/** A Map, so that no name means anything but itself, `__proto__` neither. In document order. */
export type JsonObject = ReadonlyMap<string, JsonValue>;
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** The text is not JSON that we read; the message says why. */
export class JsonSyntaxError extends Error {
  override readonly name = "JsonSyntaxError";
  /** In UTF-16 code units from the beginning. */
  readonly position: number;

  constructor(problem: string, position: number) {
    super(`${problem} at position ${position}`);
    this.position = position;
  }
}

// Sticky: each is tried where the reader is, and nowhere else.
const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const WORDS: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };

/**
 * Reads a whole JSON text. `JSON.parse` keeps the last of two members of one name: whoever reviewed the first would not
 * have seen what counts.
 *
 * @param maxDepth of objects and arrays in one another
 * @throws JsonSyntaxError for what is no JSON, a name that an object has twice, half a surrogate pair, and too many levels
 * Source: https://www.rfc-editor.org/rfc/rfc8259
 */
export function parseStrictJson(text: string, maxDepth: number): JsonValue {
  const reader = new Reader(text, maxDepth);
  const value = reader.value(0);
  reader.end();
  return value;
}

class Reader {
  readonly #text: string;
  readonly #maxDepth: number;
  #at = 0;

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
  }

  value(depth: number): JsonValue {
    const first = this.#peek();
    if (first === "{") return this.#object(depth + 1);
    if (first === "[") return this.#array(depth + 1);
    return first === '"' ? this.#string() : this.#numberOrWord();
  }

  end(): void {
    if (this.#peek() !== undefined) this.#refuse("text after the end");
  }

  #object(depth: number): JsonObject {
    const members = new Map<string, JsonValue>();
    this.#enter(depth);
    if (this.#take("}")) return members;
    do {
      if (this.#peek() !== '"') this.#refuse("no name");
      const start = this.#at;
      const name = this.#string();
      if (members.has(name)) this.#refuse("a name that the object has already", start);
      if (!this.#take(":")) this.#refuse("no colon");
      members.set(name, this.value(depth));
    } while (this.#take(","));
    if (!this.#take("}")) this.#refuse("no end of the object");
    return members;
  }

  #array(depth: number): readonly JsonValue[] {
    const values: JsonValue[] = [];
    this.#enter(depth);
    if (this.#take("]")) return values;
    do values.push(this.value(depth));
    while (this.#take(","));
    if (!this.#take("]")) this.#refuse("no end of the array");
    return values;
  }

  #enter(depth: number): void {
    if (depth > this.#maxDepth) this.#refuse(`over ${this.#maxDepth} levels`);
    this.#at += 1;
  }

  #string(): string {
    const start = this.#at;
    let end = start + 1;
    for (; this.#text[end] !== '"'; end += 1) {
      if (end >= this.#text.length) this.#refuse("no end of the string", start);
      if (this.#text[end] === "\\") end += 1;
    }
    this.#at = end + 1;
    const value = this.#unescape(start);
    if (!value.isWellFormed()) this.#refuse("half a surrogate pair", start);
    return value;
  }

  /** `JSON.parse` knows the escapes, and the characters that may not stand in a string. */
  #unescape(start: number): string {
    try {
      return JSON.parse(this.#text.slice(start, this.#at)) as string;
    } catch {
      return this.#refuse("no string", start);
    }
  }

  #numberOrWord(): number | boolean | null {
    const start = this.#at;
    const number = this.#match(NUMBER);
    if (number !== "") return Number(number);
    const word = this.#match(WORD);
    return WORDS[word] ?? (word === "null" ? null : this.#refuse("no value", start));
  }

  /** The next character that is no space; undefined at the end. */
  #peek(): string | undefined {
    this.#match(SPACE);
    return this.#text[this.#at];
  }

  #take(character: string): boolean {
    const isNext = this.#peek() === character;
    if (isNext) this.#at += 1;
    return isNext;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found = ""] = pattern.exec(this.#text) ?? [];
    this.#at += found.length;
    return found;
  }

  #refuse(problem: string, position = this.#at): never {
    throw new JsonSyntaxError(problem, position);
  }
}
