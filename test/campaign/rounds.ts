import { existsSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { atRandom } from "../support/campaign.ts";

/** How many crashes: a few in each `npm test`, all of them, or `CRASHES`, in `npm run campaign`. */
export function crashes(counts: { readonly test: number; readonly campaign: number }): number {
  return atRandom({ ...counts, campaign: Number(process.env["CRASHES"] ?? counts.campaign) });
}

/** A new folder, in memory where there is a file system for it: what a server is killed in need not reach a disk. */
export function crashFolder(): Promise<string> {
  const memory = "/dev/shm";
  return mkdtemp(path.join(existsSync(memory) ? memory : tmpdir(), "ledge-crash-"));
}
