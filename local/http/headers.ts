import { receivedText, sentText } from "./header-text.ts";

/** As of fetch's `Headers`. */
type HeadersSource = Iterable<readonly [string, string]> | Readonly<Record<string, string>>;

/** What no header can carry. */
const IMPOSSIBLE = /[\0\r\n]/;

/**
 * fetch's `Headers` with what Ledge uses of it, at a fraction of the cost: names in lower case, values that are repeated
 * joined by `, ` in their order, iteration by name. There is no Set-Cookie, so that nothing is kept apart.
 *
 * Source: https://fetch.spec.whatwg.org/#headers-class
 */
export class Headers {
  readonly #values: Map<string, string>;

  constructor(init?: HeadersSource | null) {
    if (init instanceof Headers) {
      this.#values = new Map(init.#values);
      return;
    }
    this.#values = new Map();
    if (init === undefined || init === null) return;
    if (isIterable(init)) for (const [name, value] of init) this.append(name, value);
    else for (const name in init) this.append(name, init[name] ?? "");
  }

  /** @param rawHeaders names and values in turn, as node:http has them */
  static received(rawHeaders: readonly string[]): Headers {
    const headers = new Headers();
    const values = headers.#values;
    for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
      const name = rawHeaders[at]?.toLowerCase() ?? "";
      const value = receivedText(rawHeaders[at + 1] ?? "");
      const earlier = values.get(name);
      values.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
    }
    return headers;
  }

  get(name: string): string | null {
    return this.#values.get(name) ?? this.#values.get(name.toLowerCase()) ?? null;
  }

  has(name: string): boolean {
    return this.#values.has(name) || this.#values.has(name.toLowerCase());
  }

  /** @throws TypeError for a value that no header can have */
  set(name: string, value: string): void {
    this.#values.set(name.toLowerCase(), checked(value));
  }

  /** @throws TypeError for a value that no header can have */
  append(name: string, value: string): void {
    const key = name.toLowerCase();
    const earlier = this.#values.get(key);
    this.#values.set(key, earlier === undefined ? checked(value) : `${earlier}, ${checked(value)}`);
  }

  delete(name: string): void {
    this.#values.delete(name.toLowerCase());
  }

  forEach(visit: (value: string, name: string, headers: Headers) => void): void {
    for (const [name, value] of this) visit(value, name, this);
  }

  keys(): IterableIterator<string> {
    return this.#sorted()
      .map(([name]) => name)
      .values();
  }

  values(): IterableIterator<string> {
    return this.#sorted()
      .map(([, value]) => value)
      .values();
  }

  entries(): IterableIterator<[string, string]> {
    return this.#sorted().values();
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries();
  }

  /** Names and values in turn, as `writeHead` of node:http takes them, in the order in which they were set. */
  toRaw(): string[] {
    const raw: string[] = [];
    for (const [name, value] of this.#values) raw.push(name, sentText(value));
    return raw;
  }

  #sorted(): [string, string][] {
    return [...this.#values].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

function isIterable(init: HeadersSource): init is Iterable<readonly [string, string]> {
  return Symbol.iterator in init;
}

function checked(value: string): string {
  if (IMPOSSIBLE.test(value)) throw new TypeError("Invalid header value.");
  return value;
}
