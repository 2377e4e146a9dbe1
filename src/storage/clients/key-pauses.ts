/** How long a call waits, time and again, for a key that is on its way to another shard: 5 s in all. */
export const PAUSES_MS = [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560];

/** Tests, which never sleep, let something else happen meanwhile. */
export const PAUSE = {
  for: (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms)),
};
