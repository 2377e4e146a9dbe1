import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { atRandom } from "../support/campaign.ts";

/** How many crashes: a few in each `npm test`, all of them, or `CRASHES`, in `npm run campaign`. */
export function crashes(counts: { readonly test: number; readonly campaign: number }): number {
  return atRandom({ ...counts, campaign: Number(process.env["CRASHES"] ?? counts.campaign) });
}

/** A new folder. */
export function crashFolder(): Promise<string> {
  return mkdtemp(path.join(tmpdir(), "ledge-crash-"));
}
