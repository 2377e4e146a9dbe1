/** How long a call waits, time and again, for a key that is on its way to another shard. */
const PAUSES_MS = [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560];

/** All of them together. Timers may be late, on a machine that is busy: nobody waits for much longer for all that. */
const LONGEST_WAIT_MS = 5000;

/** Tests, which never sleep, let something else happen meanwhile. */
export const PAUSE = {
  for: (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** The pauses of one call. By the clock that nobody sets. */
export function* pauses(): Generator<number, undefined> {
  const beganMs = performance.now();
  for (const pauseMs of PAUSES_MS) {
    if (performance.now() - beganMs >= LONGEST_WAIT_MS) return;
    yield pauseMs;
  }
}
