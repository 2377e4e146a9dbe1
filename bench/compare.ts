import type { Case, Contestant, Rounds } from "./cases.ts";
import { usageOf } from "./processes.ts";

const WARM_UP_SECONDS = 0.7;

/** Of one round. */
export interface Sample {
  /** In the case's unit; NaN: the server cannot do that. */
  readonly figure: number;
  /** Of the whole process tree, by the calls that the figure is of. */
  readonly cpuMicroseconds: number;
}

/** One for each round, by the contestant's name. */
export type Samples = ReadonlyMap<string, readonly Sample[]>;

/**
 * Measures the contestants in short rounds that alternate, so that what else the machine does falls on all.
 *
 * @param isOurs whether its failure is one: what another server cannot do, it is not measured by
 */
export async function compare(
  one: Case,
  contestants: readonly Contestant[],
  roundCount: number,
  seconds: number,
  isOurs: (name: string) => boolean,
): Promise<Samples> {
  const samples = new Map(contestants.map(({ name }) => [name, [] as Sample[]]));
  const failed = new Set<string>();
  async function tried<T>({ name }: Contestant, effect: () => Promise<T>): Promise<T | undefined> {
    if (failed.has(name)) return undefined;
    try {
      return await effect();
    } catch (error) {
      if (isOurs(name)) throw error;
      console.error(`${one.name}: ${name} cannot: ${String(error)}`);
      failed.add(name);
      return undefined;
    }
  }
  const order: { readonly contestant: Contestant; readonly rounds: Rounds | undefined }[] = [];
  for (const contestant of contestants) {
    const rounds = await tried(contestant, async () => {
      const opened = await one.open(contestant);
      if (opened.isFixed !== true) await measure(one, contestant, opened, WARM_UP_SECONDS);
      return opened;
    });
    order.push({ contestant, rounds });
  }
  for (let i = 0; i < roundCount; i += 1) {
    for (const { contestant, rounds } of order) {
      const sample =
        rounds && (await tried(contestant, () => measure(one, contestant, rounds, seconds)));
      samples
        .get(contestant.name)
        ?.push(sample ?? { figure: Number.NaN, cpuMicroseconds: Number.NaN });
    }
    // Whoever went first goes last in the next round.
    order.push(...order.splice(0, 1));
  }
  return samples;
}

async function measure(
  { unit }: Case,
  { server }: Contestant,
  { prepare, run }: Rounds,
  seconds: number,
): Promise<Sample> {
  await prepare?.();
  const before = usageOf(server.pid).cpuSeconds;
  const load = await run(seconds);
  const used = usageOf(server.pid).cpuSeconds - before;
  return { figure: unit.figureOf(load), cpuMicroseconds: (used * 1e6) / load.count };
}
