import { type MakeStep, pickParts, pickUpload } from "./big-objects-steps.ts";
import { bytesOfRope, newRope, type Rope, ropeLength } from "./rope.ts";
import { pick } from "./seeded-random.ts";

/** All of them at once. @throws what the first one that failed threw, when all have ended */
async function together(...effects: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(effects);
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/** A copy whose source is written or deleted meanwhile. */
const copyOfTheChanging: MakeStep = ({ model, random, places, fresh }) => {
  if (model.objects.length === 0) return undefined;
  const { at: from, rope: old } = pick(random, model.objects);
  const to = pick(random, places);
  if (from === to) return undefined;
  const isRemoved = random(2) === 0;
  const changed = isRemoved ? undefined : newRope(fresh(), 20_000);
  const change = (): void => model.set(from, changed);
  const copied = [() => model.set(to, old)];
  if (changed !== undefined) copied.push(() => model.set(to, changed));
  return {
    name: isRemoved ? "copy and remove" : "copy and overwrite",
    places: [from, to],
    isRace: true,
    run: (store) =>
      together(
        store.copy(from, to),
        changed === undefined ? store.remove(from) : store.put(from, bytesOfRope(changed)),
      ),
    outcomes: [
      change,
      ...copied.flatMap((arrive) => [
        arrive,
        () => {
          change();
          arrive();
        },
      ]),
    ],
  };
};

/** A completion and an abortion of the same upload. */
const completeAndAbort: MakeStep = ({ model, random }) => {
  const found = pickUpload(model, random);
  if (found === undefined) return undefined;
  const [uploadId, { at, parts, isPublic }] = found;
  const chosen = pickParts(random, parts);
  if (chosen.length === 0) return undefined;
  const rope = chosen.flatMap(({ partNumber }) => parts.get(partNumber)?.rope ?? []);
  return {
    name: `complete ${ropeLength(rope)} and abort`,
    places: [at],
    uploadId,
    isRace: true,
    run: (store) => together(store.complete(at, uploadId, chosen), store.abort(at, uploadId)),
    outcomes: [
      () => {
        model.set(at, rope, { isPublic });
        model.endUpload(uploadId);
      },
      () => model.endUpload(uploadId),
    ],
  };
};

/** An append to an object that is replaced meanwhile by one of the same length, which its offset does not tell. */
const appendToTheChanging: MakeStep = ({ model, random, fresh }) => {
  if (model.objects.length === 0) return undefined;
  const { at, rope: old } = pick(random, model.objects);
  if (ropeLength(old) > 20_000) return undefined;
  const changed = newRope(fresh(), ropeLength(old));
  const tail = newRope(fresh(), pick(random, [30, 20_000]));
  const change = (): void => model.set(at, changed);
  // It keeps the ACL of what it meets.
  const appendTo = (head: Rope) => (): void =>
    model.set(at, [...head, ...tail], { isPublic: model.versionsOf(at)[0]?.isPublic ?? false });
  return {
    name: "append and overwrite",
    places: [at],
    isRace: true,
    run: (store) =>
      together(
        store.append(at, ropeLength(old), bytesOfRope(tail)),
        store.put(at, bytesOfRope(changed)),
      ),
    outcomes: [
      change,
      appendTo(old),
      () => {
        appendTo(old)();
        change();
      },
      () => {
        change();
        appendTo(changed)();
      },
    ],
  };
};

export const RACES: readonly MakeStep[] = [
  ...[copyOfTheChanging, copyOfTheChanging, completeAndAbort],
  ...[appendToTheChanging, appendToTheChanging],
];
