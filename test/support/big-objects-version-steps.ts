import type { BigObjectsModel } from "./big-objects-model.ts";
import type { MakeStep, Random, Step } from "./big-objects-steps.ts";
import { LOCKS } from "./object-store.ts";
import { bytesOfRope, newRope } from "./rope.ts";
import { pick } from "./seeded-random.ts";

/** Nobody's: no MD5 is known to be so. */
const WRONG_ETAG = `"${"0".repeat(32)}"`;

/** Of an object, or a marker. What is locked has to stay. */
function removalOf(
  random: Random,
  candidates: BigObjectsModel["versions"],
  model: BigObjectsModel,
): Step | undefined {
  if (candidates.length === 0) return undefined;
  const { at, version, versionId } = pick(random, candidates);
  const isBatch = random(2) === 0;
  return {
    name: `remove version ${versionId}${isBatch ? " in a batch" : ""}`,
    places: [at],
    run: (store) => store.removeVersion(at, versionId, isBatch),
    ...(version.locks.length > 0
      ? { refusal: "AccessDenied", outcomes: [] }
      : { outcomes: [() => model.removeVersion(at, versionId)] }),
  };
}

const removeVersion: MakeStep = ({ model, random }) => removalOf(random, model.versions, model);

/** So that an older one takes its place. */
const removeNewest: MakeStep = ({ model, random }) =>
  removalOf(
    random,
    model.versions.filter(({ at, version }) => model.versionsOf(at)[0] === version),
    model,
  );

const removeLocked: MakeStep = ({ model, random }) =>
  removalOf(
    random,
    model.versions.filter(({ version }) => version.locks.length > 0),
    model,
  );

/** Retention, an event hold, or a legal hold comes, or goes. */
export const lock: MakeStep = ({ model, random }) => {
  const lockable = model.versions.filter(
    ({ at, version }) => at.bucket.shard.flags.hasLock === true && version.rope !== undefined,
  );
  if (lockable.length === 0) return undefined;
  const { at, version, versionId } = pick(random, lockable);
  const kind = pick(random, LOCKS);
  const isLocked = !version.locks.includes(kind);
  const isReleased = kind === "event" && !isLocked;
  const locks = LOCKS.filter((other) => {
    if (other === kind) return isLocked;
    return version.locks.includes(other) || (isReleased && other === "retention");
  });
  return {
    name: `${isLocked ? "lock" : "unlock"} ${versionId} by ${kind}`,
    places: [at],
    run: (store) => store.setLock(at, versionId, kind, isLocked),
    outcomes: [() => model.change(at, versionId, { locks })],
  };
};

/** It becomes public, or private. */
const putAcl: MakeStep = ({ model, random }) => {
  const objects = model.versions.filter(({ version }) => version.rope !== undefined);
  if (objects.length === 0) return undefined;
  const { at, version, versionId } = pick(random, objects);
  const isPublic = !version.isPublic;
  return {
    name: `put the ACL of ${versionId}, ${isPublic ? "public" : "private"}`,
    places: [at],
    run: (store) => store.setPublic(at, versionId, isPublic),
    outcomes: [() => model.change(at, versionId, { isPublic })],
  };
};

/** What is locked becomes noncurrent. */
export const putOver: MakeStep = ({ model, random, fresh }) => {
  const locked = model.keys.filter(({ versions: [current] }) => (current?.locks.length ?? 0) > 0);
  if (locked.length === 0) return undefined;
  const { at } = pick(random, locked);
  const rope = newRope(fresh(), 7);
  return {
    name: "put over what is locked",
    places: [at],
    run: (store) => store.put(at, bytesOfRope(rope)),
    outcomes: [() => model.set(at, rope)],
  };
};

/** Only over the object that is there. */
const putIfSame: MakeStep = ({ world, model, random, places, fresh }) => {
  const at = pick(random, places);
  const isThere = model.get(at) !== undefined;
  const isSame = isThere && random(3) > 0;
  const rope = newRope(fresh(), 100);
  const refusal = isThere ? "PreconditionFailed" : "NoSuchKey";
  return {
    name: isSame ? "put if the same" : "put if another",
    places: [at],
    async run(store) {
      const found = isSame ? await world.store.find(at) : undefined;
      return store.put(at, bytesOfRope(rope), { "if-match": found?.etag ?? WRONG_ETAG });
    },
    ...(isSame ? { outcomes: [() => model.set(at, rope)] } : { refusal, outcomes: [] }),
  };
};

const putIfNone: MakeStep = ({ model, random, places, fresh }) => {
  const at = pick(random, places);
  const rope = newRope(fresh(), pick(random, [7, 20_000]));
  return {
    name: "put if none",
    places: [at],
    run: (store) => store.put(at, bytesOfRope(rope), { "if-none-match": "*" }),
    ...(model.get(at) === undefined
      ? { outcomes: [() => model.set(at, rope)] }
      : { refusal: "PreconditionFailed", outcomes: [] }),
  };
};

/** Annotations are not in the model, but have to go with their versions. */
const annotate: MakeStep = ({ model, random, fresh }) => {
  if (model.objects.length === 0) return undefined;
  const { at } = pick(random, model.objects);
  return {
    name: "annotate",
    places: [at],
    run: (store) => store.annotate(at, `note ${fresh()}`),
    outcomes: [],
  };
};

/** As often as they are named. */
export const VERSION_STEPS: readonly MakeStep[] = [
  ...[removeVersion, removeNewest, removeNewest, removeLocked, removeLocked, lock, lock],
  ...[putIfSame, putIfNone, annotate, putAcl, putAcl],
];
