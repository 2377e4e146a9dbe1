/** Bytes that no other piece has: `name` over and over. */
export interface Piece {
  readonly name: string;
  readonly sizeBytes: number;
}

/** What an object is made of; undefined: there is none. */
export type State = readonly Piece[] | undefined;

/** What is known of a key, which one writer alone writes. */
export interface Entry {
  /** As the server last acknowledged it. */
  settled: State;
  /** What a request that was not answered may have made of it. */
  pending: { readonly state: State } | undefined;
}

/** What the server has acknowledged, to be compared with what it has after a crash. */
export interface Ledger {
  /** Of the bucket `plain`, by key. */
  readonly entries: Map<string, Entry>;
  /** Of the bucket `versioned`: what was written as each version, by version id. */
  readonly versions: Map<string, { readonly key: string; readonly state: readonly Piece[] }>;
  /** Writes, all told. */
  acknowledged: number;
}

export function newLedger(): Ledger {
  return { entries: new Map(), versions: new Map(), acknowledged: 0 };
}

export function bytesOf(state: readonly Piece[]): Buffer {
  return Buffer.concat(state.map(({ name, sizeBytes }) => Buffer.alloc(sizeBytes, `${name} `)));
}

export function entryOf({ entries }: Ledger, key: string): Entry {
  const known = entries.get(key);
  if (known !== undefined) return known;
  const entry: Entry = { settled: undefined, pending: undefined };
  entries.set(key, entry);
  return entry;
}
