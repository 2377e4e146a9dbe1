import type { BigObjectsModel, ModelObject, ModelUpload, Touched } from "./big-objects-model.ts";
import type { World } from "./big-objects-world.ts";
import type { ByteRange, ListedPart, ObjectStore, Place, Told } from "./object-store.ts";
import { aclHeaders } from "./http-store.ts";
import { bytesOfRope, newRope, ropeLength, sliceRope } from "./rope.ts";
import { pick } from "./seeded-random.ts";
import { LEAST_PART_BYTES } from "./stitching.ts";

export type Random = (bound: number) => number;

/** Something that a client does, and what it changes. */
export interface Step extends Touched {
  readonly name: string;
  /** @returns the id of the version that it made current at the first place, if it was told */
  run(store: ObjectStore): Promise<Told | void>;
  /** What it may have done to the model: first what it does when it is acknowledged, then how it may end half-way. */
  readonly outcomes: readonly (() => void)[];
  /** The code with which it has to be refused: then nothing may change. */
  readonly refusal?: string;
  /** Even if it is acknowledged, the store has to be asked how far it came. */
  readonly isRace?: boolean;
}

export interface Scene {
  readonly world: World;
  readonly model: BigObjectsModel;
  readonly random: Random;
  /** The keys that the steps are about. */
  readonly places: readonly Place[];
  /** A number that was never given before. */
  readonly fresh: () => number;
}

export type MakeStep = (scene: Scene) => Step | undefined;

/** In the index, as a blob, and empty. */
const BODY_BYTES = [0, 7, 100, 20_000];
const PART_BYTES = [0, 1, 40, 20_000];
const TAIL_BYTES = [1, 60, 20_000];

const put: MakeStep = ({ model, random, places, fresh }) => {
  const at = pick(random, places);
  const rope = newRope(fresh(), pick(random, BODY_BYTES));
  const isPublic = random(4) === 0;
  return {
    name: isPublic ? "put for everybody" : "put",
    places: [at],
    run: (store) => store.put(at, bytesOfRope(rope), isPublic ? aclHeaders(true) : {}),
    outcomes: [() => model.set(at, rope, { isPublic })],
  };
};

const remove: MakeStep = ({ model, random, places }) => {
  const at = pick(random, places);
  return {
    name: "remove",
    places: [at],
    run: (store) => store.remove(at),
    outcomes: [() => model.set(at, undefined)],
  };
};

const copy: MakeStep = (scene) => {
  const { model, random, places } = scene;
  const to = pick(random, places);
  const { at: from, rope, versionId } = pickSource(scene);
  return {
    name: `copy ${from.key} ${versionId ?? ""}`,
    places: [to],
    run: (store) => store.copy(from, to, versionId),
    outcomes: [() => model.set(to, rope)],
  };
};

const rename: MakeStep = ({ model, random, places }) => {
  if (model.objects.length === 0) return undefined;
  const { at: from, rope } = pick(random, model.objects);
  const to = pick(
    random,
    places.filter(({ bucket }) => bucket === from.bucket),
  );
  if (from === to) return undefined;
  const arrive = (): void => model.set(to, rope, model.versionsOf(from)[0]);
  const leave = (): void => model.set(from, undefined);
  return {
    name: "rename",
    places: [to, from],
    run: (store) => store.rename(from, to.key),
    outcomes: [
      () => {
        arrive();
        leave();
      },
      // Across shards, both may be there for a while.
      arrive,
      leave,
    ],
  };
};

const append: MakeStep = ({ model, random, places, fresh }) => {
  // To what has several segments, often.
  const long = model.objects.flatMap(({ at, rope }) => (rope.length > 1 ? at : []));
  const at = pick(random, long.length > 0 && random(2) === 0 ? long : places);
  const head = model.get(at) ?? [];
  const isPublic = model.versionsOf(at)[0]?.isPublic ?? false;
  const tail = newRope(fresh(), pick(random, TAIL_BYTES));
  const isWrong = random(5) === 0;
  return {
    name: isWrong ? "append elsewhere" : "append",
    places: [at],
    run: (store) => store.append(at, ropeLength(head) + (isWrong ? 1 : 0), bytesOfRope(tail)),
    ...(isWrong
      ? { refusal: "InvalidWriteOffset", outcomes: [] }
      : { outcomes: [() => model.set(at, [...head, ...tail], { isPublic })] }),
  };
};

const createUpload: MakeStep = ({ model, random, places }) => {
  const at = pick(random, places);
  const isPublic = random(4) === 0;
  return {
    name: "createUpload",
    places: [at],
    async run(store) {
      // One whose id never came to the client is not in the model: everything has to be well without it.
      const uploadId = await store.createUpload(at, isPublic ? aclHeaders(true) : {});
      model.createUpload(uploadId, at, isPublic);
    },
    outcomes: [],
  };
};

const putPart: MakeStep = ({ model, random, fresh }) => {
  const found = pickUpload(model, random);
  if (found === undefined) return undefined;
  const [uploadId, { at }] = found;
  const partNumber = 1 + random(4);
  const rope = newRope(fresh(), pick(random, PART_BYTES));
  return {
    name: "putPart",
    places: [at],
    uploadId,
    run: (store) => store.putPart(at, uploadId, partNumber, bytesOfRope(rope)),
    outcomes: [() => model.putPart(uploadId, partNumber, rope)],
  };
};

const copyPart: MakeStep = (scene) => {
  const { model, random } = scene;
  const found = pickUpload(model, random);
  if (found === undefined) return undefined;
  const [uploadId, { at }] = found;
  const { at: from, rope: source, versionId } = pickSource(scene);
  const range = pickRange(random, ropeLength(source));
  if (range === undefined) return undefined;
  const partNumber = range.length >= LEAST_PART_BYTES ? 1 + random(2) : 1 + random(4);
  const rope = sliceRope(source, range.offset, range.length);
  return {
    name: "copyPart",
    places: [at],
    uploadId,
    run: (store) => store.copyPart(at, uploadId, partNumber, from, range, versionId),
    outcomes: [() => model.putPart(uploadId, partNumber, rope)],
  };
};

const complete: MakeStep = ({ model, random }) => {
  const found = pickUpload(model, random);
  if (found === undefined) return undefined;
  const [uploadId, { at, parts, isPublic }] = found;
  const chosen = pickParts(random, parts);
  if (chosen.length === 0) return undefined;
  const rope = chosen.flatMap(({ partNumber }) => parts.get(partNumber)?.rope ?? []);
  return {
    name: "complete",
    places: [at],
    uploadId,
    run: (store) => store.complete(at, uploadId, chosen),
    outcomes: [
      () => {
        model.set(at, rope, { isPublic });
        model.endUpload(uploadId);
      },
    ],
  };
};

const abort: MakeStep = ({ model, random }) => {
  const found = pickUpload(model, random);
  if (found === undefined) return undefined;
  const [uploadId, { at }] = found;
  return {
    name: "abort",
    places: [at],
    uploadId,
    run: (store) => store.abort(at, uploadId),
    outcomes: [() => model.endUpload(uploadId)],
  };
};

/** As often as they are named. */
export const STEPS: readonly MakeStep[] = [
  ...[put, put, remove, copy, copy, copy, rename, append, append, append, append],
  ...[createUpload, createUpload, createUpload, putPart, putPart],
  ...[copyPart, copyPart, copyPart, copyPart, complete, complete, complete, abort],
];

/** The quarry often, as big objects come from it; what is there, and what was there once. */
function pickSource({ world, model, random }: Scene): ModelObject {
  const older = model.versions.flatMap(({ at, version: { rope }, versionId }) =>
    rope === undefined ? [] : [{ at, rope, versionId }],
  );
  const found = random(2) === 0 ? older : model.objects;
  if (random(3) === 0 || found.length === 0) return { at: world.quarry, rope: world.quarryRope };
  return pick(random, found);
}

export function pickUpload(
  model: BigObjectsModel,
  random: Random,
): [string, ModelUpload] | undefined {
  return model.uploads.size === 0 ? undefined : pick(random, [...model.uploads]);
}

/** Of a big object often enough bytes for a part that is not the last. */
function pickRange(random: Random, sizeBytes: number): ByteRange | undefined {
  if (sizeBytes === 0) return undefined;
  const least = sizeBytes >= LEAST_PART_BYTES && random(3) > 0 ? LEAST_PART_BYTES : 1;
  const length = least + random(Math.min(sizeBytes - least, 2000) + 1);
  return { offset: random(sizeBytes - length + 1), length };
}

/** Any that are big enough, and perhaps a last one of any size. */
export function pickParts(random: Random, parts: ModelUpload["parts"]): ListedPart[] {
  const all = [...parts]
    .toSorted(([a], [b]) => a - b)
    .map(([partNumber, { rope, etag = "" }]) => ({
      partNumber,
      etag,
      sizeBytes: ropeLength(rope),
    }));
  const big = all.filter(({ sizeBytes }) => sizeBytes >= LEAST_PART_BYTES && random(4) > 0);
  if (all.length === 0 || random(4) === 0) return big;
  const last = pick(random, all);
  return [...big.filter(({ partNumber }) => partNumber < last.partNumber), last];
}
