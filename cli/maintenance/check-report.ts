import { styleText } from "node:util";
import { printable } from "../output.ts";
import type { CheckOptions } from "./arguments.ts";
import type { Check } from "./check.ts";

/** More of one check than anybody reads. */
const SHOWN_OF_A_CHECK = 50;

export interface PlacedFinding {
  /** e.g. `<bucket>/<shard>` */
  readonly place: string;
  readonly subject: string;
  readonly detail: string;
}

/** Where a check tells what it finds, as it finds it: it keeps nothing but numbers. */
export interface CheckReport {
  /** What is looked at from now on; `--after` takes it. */
  begin(place: string): void;
  finding(check: Check, finding: PlacedFinding, isRepaired: boolean): void;
  /** @returns the exit code */
  end(): number;
}

interface Counts {
  places: number;
  found: number;
  repaired: number;
}

type Repair = CheckOptions["repair"];

/** Lines of JSON: `finding` for each, `summary` at the end. */
export function jsonReport(repair: Repair): CheckReport {
  const counts: Counts = { places: 0, found: 0, repaired: 0 };
  return {
    begin(place) {
      counts.places += 1;
      console.log(JSON.stringify({ event: "begin", place }));
    },
    finding({ name, means, repair: canBe }, finding, isRepaired) {
      count(counts, isRepaired);
      const state = isRepaired ? "done" : canBe === undefined ? "impossible" : "possible";
      console.log(
        JSON.stringify({ event: "finding", check: name, ...finding, means, repair: state }),
      );
    },
    end() {
      console.log(JSON.stringify({ event: "summary", ...counts, isRepairing: repair === "do" }));
      return exitCodeOf(counts);
    },
  };
}

/** For people: each kind of damage is explained once, and shown so often only. */
export function textReport(repair: Repair): CheckReport {
  const counts: Counts = { places: 0, found: 0, repaired: 0 };
  const shown = new Map<string, number>();
  return {
    begin(place) {
      counts.places += 1;
      if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${printable(place)}`);
    },
    finding(check, { place, subject, detail }, isRepaired) {
      count(counts, isRepaired);
      const times = shown.get(check.name) ?? 0;
      shown.set(check.name, times + 1);
      if (process.stderr.isTTY) process.stderr.write("\r\u001B[K");
      if (times === 0) console.log(`${styleText("bold", check.name)}: ${check.means}`);
      if (times >= SHOWN_OF_A_CHECK) return;
      const said = `${place} ${subject}: ${detail}`;
      console.log(`  ${printable(said)}${outcomeOf(check, isRepaired, repair)}`);
    },
    end() {
      if (process.stderr.isTTY) process.stderr.write("\r\u001B[K");
      for (const [name, times] of shown)
        if (times > SHOWN_OF_A_CHECK) console.log(`${name}: ${times} in all`);
      const { places, found, repaired } = counts;
      const looked = `${places} shards were looked at`;
      if (found === 0) console.log(`${looked}; nothing is wrong.`);
      else console.log(`${looked}; ${found} findings, ${repaired} of them repaired.`);
      return exitCodeOf(counts);
    },
  };
}

function outcomeOf(check: Check, isRepaired: boolean, repair: Repair): string {
  if (repair === undefined) return "";
  if (isRepaired) return " (repaired)";
  if (check.repair === undefined) return " (nothing can be done by itself)";
  return repair === "show" ? ` (would be repaired: ${check.repair})` : " (could not be repaired)";
}

function count(counts: Counts, isRepaired: boolean): void {
  counts.found += 1;
  if (isRepaired) counts.repaired += 1;
}

function exitCodeOf({ found, repaired }: Counts): number {
  return found > repaired ? 1 : 0;
}
