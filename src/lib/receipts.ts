/** What has come of a request's body, framing included. */
export interface Receipt {
  /** Undefined: only the runtime knows, since it passed the body on by itself, and that broke off. */
  readonly bytes: number | undefined;
  /** When its last byte was there, by `performance.now()`; undefined: it was not. */
  readonly endedMs: number | undefined;
}

interface Note {
  bytes: number | undefined;
  endedMs: number | undefined;
}

/** By the body, with which it goes: of those that somebody here reads. */
const notes = new WeakMap<object, Note>();

/** For who reads the body. */
export function receiptToWrite(body: object): Note {
  let note = notes.get(body);
  if (note === undefined) notes.set(body, (note = { bytes: 0, endedMs: undefined }));
  return note;
}

/** Bodies of the local platform know by themselves. */
interface TellingBody {
  readonly receipt: Receipt;
}

const NOTHING: Receipt = { bytes: 0, endedMs: undefined };

/** What has come so far, as far as it was read. @param body null: there is none */
export function receiptOf(body: object | null): Receipt {
  if (body === null) return NOTHING;
  if ("receipt" in body) return (body as TellingBody).receipt;
  return notes.get(body) ?? NOTHING;
}
