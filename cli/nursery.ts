import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/**
 * Of each half of V8's nursery. In one of 1 MiB, what a page of a listing is made of was copied over and over; from 4 MiB on, no more
 * is gained. A page took 0.65 of the CPU time, a GET of 4 KiB 0.95, and the server as much memory (measured 2026-11).
 */
const HALF_MIB = 4;

const LOOK_MS = 1000;

/** Of that, in CPU time. With less, the nursery is left alone: V8 makes it small again when it is hardly used. */
const LEAST_WORK_MS = 100;

/**
 * Holds V8's nursery to one size while the server is busy. Left to itself it grows to 16 MiB, and keeps what requests had done with.
 *
 * A size can be said on the command line only, which would take a second process. So it is let grow for a moment, when it is
 * small and there is work: 2 ms.
 */
export function holdNursery(lookMs = LOOK_MS, leastWorkMs = LEAST_WORK_MS): void {
  forbidGrowth();
  let last = process.cpuUsage();
  setInterval(() => {
    const { user, system } = process.cpuUsage(last);
    last = process.cpuUsage();
    if ((user + system) / 1000 >= leastWorkMs) growNursery();
  }, lookMs).unref();
}

function forbidGrowth(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}

/** V8 doubles it at the end of a collection, when as much has survived since the last time as it has room for. */
function growNursery(): void {
  const survivors: number[][] = [];
  setFlagsFromString("--semi-space-growth-factor=2");
  for (let i = 0; i < 100 && halfMib() < HALF_MIB; i += 1)
    for (let j = 0; j < 1000; j += 1) survivors.push([i, j]);
  forbidGrowth();
}

function halfMib(): number {
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
  // Nothing to be done where there is none.
  if (space === undefined) return HALF_MIB;
  // Some of it is for V8's own records.
  return Math.round((space.space_used_size + space.space_available_size) / 2 ** 20);
}
