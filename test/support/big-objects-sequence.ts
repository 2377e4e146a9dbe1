import { BigObjectsModel, nameOf } from "./big-objects-model.ts";
import { RACES } from "./big-objects-races.ts";
import { type Scene, type Step, STEPS } from "./big-objects-steps.ts";
import { lock, putOver, VERSION_STEPS } from "./big-objects-version-steps.ts";
import { hasPassed, PREFIXES, scanned } from "./big-objects-lifecycle.ts";
import { hasBytes, type ModelVersion, rangesOf } from "./big-objects-versions.ts";
import { type Scan, storeOf, type World } from "./big-objects-world.ts";
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
  /** Keys that rules have changed. */
  expired = 0;
  /** Those that clients were told of. */
  readonly told: { readonly at: Place; readonly versionId: string }[] = [];
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
        (seed % 2 === 0 ? ["a"] : ["a", "b"]).map((key) => ({
          bucket,
          key: `${PREFIXES[1 + (seed % 2)]}${seed}-${key}`,
        })),
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
      this.#note(`${step.name} arrives`);
      await this.#settle(step);
    }
  }

  /** Locks a version where it can, so that rules find some, and learns the ids of all versions. */
  async prepare(): Promise<void> {
    for (const make of [lock, lock, putOver, putOver]) {
      const step = make(this.#scene);
      if (step !== undefined) await this.#take(step);
    }
    for (const { at, versions } of this.model.keys)
      if (
        versions.some(({ id }) => id === undefined) &&
        !(await this.model.agrees({ places: [at] }))
      )
        this.#fail(`${nameOf(at)} is another`);
  }

  /** Rules have taken away what was due, and nothing else. */
  async expire(scans: readonly Scan[]): Promise<void> {
    for (const scan of scans) {
      this.#history.push(`scan by ${JSON.stringify(scan.rules)}`);
      for (const at of this.#scene.places.filter(isOf(scan))) {
        const { versioning, modifiedMs } = beforeScan(this.#scene.world, scan, at);
        const versions = this.model.versionsOf(at);
        const left = scanned(versions, versioning, scan.rules, modifiedMs, scan.atMs);
        this.model.keep(at, left);
        this.expired += Number(left[0] !== versions[0] || left.length !== versions.length);
        if (!(await this.model.agrees({ places: [at] })))
          this.#fail(
            `rules made ${nameOf(at)} another, where ${left.length} versions were to stay`,
          );
      }
      for (const { uploadId, key, initiatedMs } of scan.uploads) {
        const at = this.model.uploads.get(uploadId)?.at;
        if (at === undefined || at.bucket !== scan.bucket) continue;
        const isDue = isOf(scan)(at) && hasPassed(initiatedMs, scan.atMs);
        if (scan.rules.abortsUploads && isDue) this.model.endUpload(uploadId);
        if (!(await this.model.agrees({ places: [at], uploadId })))
          this.#fail(`rules made the upload of ${key} another`);
      }
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
    this.#note(`${step.name} ${step.places.map(({ key }) => key).join(" ")}`);
    try {
      const told = await step.run(doomed === undefined ? world.store : storeOf(doomed.env));
      await this.#acknowledge(step, told ?? undefined);
    } catch (error) {
      if (error instanceof Disagreement) throw error;
      this.#note(String(error));
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
    if (told !== undefined && at !== undefined) {
      if (!this.model.tell(at, told)) this.#fail(`told the wrong version ${told}`);
      this.told.push({ at, versionId: told });
    }
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

  #note(line: string): void {
    this.#history.push(line);
    this.#scene.world.note(`${this.#seed}: ${line}`);
  }

  #fail(what: string): never {
    throw new Disagreement(`seed ${this.#seed}: ${what} after\n${this.#history.join("\n")}`);
  }
}

function isOf({ bucket, rules }: Scan): (at: Place) => boolean {
  return (at) => at.bucket === bucket && at.key.startsWith(rules.prefix);
}

function beforeScan(world: World, { bucket, versions }: Scan, at: Place) {
  const times = new Map(
    versions.flatMap(({ key, id, modifiedMs }) => (key === at.key ? [[id, modifiedMs]] : [])),
  );
  return {
    versioning: world.versioningOf(bucket),
    modifiedMs: ({ id }: ModelVersion): number => times.get(id ?? "") ?? Number.NaN,
  };
}

/** The store is not what it has to be. */
class Disagreement extends Error {}
