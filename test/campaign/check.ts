import { createHash } from "node:crypto";
import { bytesOf, type Ledger, type State } from "./ledger.ts";
import type { Send } from "./requests.ts";

/** Versions that are looked at again after the next crash. */
const VERSIONS_KEPT = 100;

/**
 * Compares what the server has with what it acknowledged, and settles in the ledger what became of the writes that were
 * not answered.
 *
 * @returns a sentence for each difference
 */
export async function differences(send: Send, ledger: Ledger): Promise<readonly string[]> {
  const found = new Map<string, Buffer>();
  const wrong: string[] = [];
  for (const [key, entry] of ledger.entries) {
    const { status, body } = await send("GET", `/plain/${key}`);
    if (status === 200) found.set(key, body);
    const allowed = [entry.settled, ...(entry.pending === undefined ? [] : [entry.pending.state])];
    const now = allowed.findIndex((state) =>
      state === undefined ? status === 404 : status === 200 && bytesOf(state).equals(body),
    );
    if (now === -1) wrong.push(`${key} is ${inWords(status, body)}, not ${expected(allowed)}`);
    else entry.settled = allowed[now];
    entry.pending = undefined;
  }
  for (const [id, { key, state }] of ledger.versions) {
    const { status, body } = await send("GET", `/versioned/${key}?versionId=${id}`);
    if (status !== 200 || !bytesOf(state).equals(body))
      wrong.push(`version ${id} of ${key} is ${inWords(status, body)}, not ${expected([state])}`);
  }
  for (const id of [...ledger.versions.keys()].slice(0, -VERSIONS_KEPT)) ledger.versions.delete(id);
  const listed = await listing(send);
  const read = [...found].map(([key, body]) => `${key} ${body.byteLength}`).toSorted();
  if (listed.join() !== read.join())
    wrong.push(`the listing has ${listed.join(", ")}; read was ${read.join(", ")}`);
  return wrong;
}

/** `<key> <size>` of each, in order. */
async function listing(send: Send): Promise<readonly string[]> {
  const { status, body } = await send("GET", "/plain?list-type=2");
  if (status !== 200) return [inWords(status, body)];
  const contents = body.toString().matchAll(/<Key>(.*?)<\/Key>.*?<Size>(\d+)<\/Size>/g);
  return [...contents].map(([, key, size]) => `${key} ${size}`).toSorted();
}

function inWords(status: number, body: Buffer): string {
  if (status !== 200) return `${status} ${/<Code>(.*?)<\/Code>/.exec(body.toString())?.[1] ?? ""}`;
  return `${body.byteLength} bytes, "${body.subarray(0, 40).toString()}…" (${md5(body)})`;
}

function expected(states: readonly State[]): string {
  return states
    .map((state) => (state === undefined ? "absent" : inWords(200, bytesOf(state))))
    .join(" or ");
}

function md5(bytes: Buffer): string {
  return createHash("md5").update(bytes).digest("hex");
}
