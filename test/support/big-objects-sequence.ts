import { BigObjectsModel, nameOf } from "./big-objects-model.ts";
import { RACES } from "./big-objects-races.ts";
import { type Scene, type Step, STEPS } from "./big-objects-steps.ts";
import { VERSION_STEPS } from "./big-objects-version-steps.ts";
import { hasBytes, rangesOf } from "./big-objects-versions.ts";
import { storeOf, type World } from "./big-objects-world.ts";
import { ALL_FAILURES, doomedEnv } from "./gateway-death.ts";
import { Refused } from "./http-store.ts";
import type { Place } from "./object-store.ts";
import { type Rope, ropeLength } from "./rope.ts";
import { pick, seededRandom } from "./seeded-random.ts";

const ALL_STEPS = [...STEPS, ...VERSION_STEPS, ...RACES];

/** What a gateway that fails answers, and a shard that took a blob for an orphan. A batch tells them in a success. */
const UNLUCKY_CODES: ReadonlySet<string> = new Set(["InternalError", "SlowDown", "RequestTimeout"]);

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** One client's steps at random, some of which meet the end of their gateway, and what the objects have to be by them. */
export class Sequence {
  /** Steps that were acknowledged, and all. */
  acknowledged = 0;
  taken = 0;
  readonly model: BigObjectsModel;
  readonly #scene: Scene;
  readonly #seed: number;
  readonly #history: string[] = [];
  readonly #late: { step: Step; call: () => Promise<unknown> }[] = [];

  constructor(world: World, seed: number) {
    this.#seed = seed;
    this.model = new BigObjectsModel(world);
    let given = 0;
    this.#scene = {
      world,
      model: this.model,
      random: seededRandom(seed),
      places: world.buckets.flatMap((bucket) =>
        // Of one key, there are soon many versions.
        (seed % 2 === 0 ? ["a"] : ["a", "b"]).map((key) => ({ bucket, key: `${seed}-${key}` })),
      ),
      fresh: () => seed * 1000 + (given += 1),
    };
  }

  async run(steps: number): Promise<void> {
    const { world, random } = this.#scene;
    for (let i = 0; i < steps; i += 1) {
      if (random(12) === 0) await world.pass(pick(random, [0, HOUR_MS, DAY_MS]));
      if (this.#late.length > 0 && random(3) === 0) await this.arrive(1);
      await this.#take(this.#nextStep());
    }
  }

  /** The first one at random that can be taken: a put always can. */
  #nextStep(): Step {
    for (;;) {
      const step = pick(this.#scene.random, ALL_STEPS)(this.#scene);
      if (step !== undefined) return step;
    }
  }

  /** Calls that were on their way arrive at last. */
  async arrive(most = Number.POSITIVE_INFINITY): Promise<void> {
    for (const { step, call } of this.#late.splice(0, most)) {
      // Nobody hears the answer.
      await call().catch(() => undefined);
      this.#history.push(`${step.name} arrives`);
      await this.#settle(step);
    }
  }

  get lateCalls(): number {
    return this.#late.length;
  }

  /** Every version of every object reads as it should, from wherever one begins. */
  async verify(): Promise<void> {
    const { places } = this.#scene;
    for (const at of places)
      if (!(await this.model.agrees({ places: [at] }))) this.#fail(`${nameOf(at)} is another`);
    for (const { at, version, versionId } of this.model.versions)
      if (version.rope !== undefined && !(await this.#reads(at, version.rope, versionId)))
        this.#fail(`${nameOf(at)} ${versionId} reads otherwise`);
  }

  async #reads(at: Place, rope: Rope, versionId: string): Promise<boolean> {
    const { random, world } = this.#scene;
    const size = ropeLength(rope);
    if (size === 0) return true;
    const offset = random(size);
    const range = { offset, length: 1 + random(Math.min(300, size - offset)) };
    const whole = random(40) === 0 ? [{ offset: 0, length: size }] : [];
    return hasBytes(world.store, at, rope, [...rangesOf(rope), range, ...whole], versionId);
  }

  async #take(step: Step): Promise<void> {
    const { random, world } = this.#scene;
    this.taken += 1;
    const plan = { at: random(5), failure: pick(random, ALL_FAILURES), isDeath: random(2) === 0 };
    const doomed = random(3) === 0 ? doomedEnv(plan) : undefined;
    this.#history.push(`${step.name} ${step.places.map(({ key }) => key).join(" ")}`);
    try {
      const told = await step.run(doomed === undefined ? world.store : storeOf(doomed.env));
      await this.#acknowledge(step, told ?? undefined);
    } catch (error) {
      if (error instanceof Disagreement) throw error;
      this.#history.push(String(error));
      await this.#refuse(step, error);
    } finally {
      for (const call of doomed?.late ?? []) this.#late.push({ step, call });
    }
  }

  async #acknowledge(step: Step, told: string | undefined): Promise<void> {
    if (step.refusal !== undefined) this.#fail(`not refused as ${step.refusal}`);
    this.acknowledged += 1;
    if (step.isRace === true) return this.#settle(step);
    step.outcomes[0]?.();
    const [at] = step.places;
    if (told !== undefined && at !== undefined && !this.model.tell(at, told))
      this.#fail(`told the wrong version ${told}`);
    // Objects are read at the end, too; of a part, the ETag is needed.
    const mustAsk = step.uploadId !== undefined || this.#scene.random(3) === 0;
    if (mustAsk && !(await this.model.agrees(step))) this.#fail("acknowledged, and not done");
  }

  async #refuse(step: Step, error: unknown): Promise<void> {
    if (step.refusal === undefined || !(error instanceof Refused)) return this.#settle(step);
    if (error.code === step.refusal) this.acknowledged += 1;
    else if (!UNLUCKY_CODES.has(error.code))
      this.#fail(`refused otherwise than as ${step.refusal}`);
    if (!(await this.model.agrees(step))) this.#fail("refused, and done");
  }

  /** The step was done, in part, or not at all: the store says which. */
  async #settle(step: Step): Promise<void> {
    if (await this.model.agrees(step)) return;
    const restore = this.model.remember(step);
    for (const change of step.outcomes) {
      change();
      if (await this.model.agrees(step)) return;
      restore();
    }
    this.#fail("neither done nor not done");
  }

  #fail(what: string): never {
    throw new Disagreement(`seed ${this.#seed}: ${what} after\n${this.#history.join("\n")}`);
  }
}

/** The store is not what it has to be. */
class Disagreement extends Error {}
