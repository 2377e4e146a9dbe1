import { S3Error } from "../../protocol/errors.ts";
import type { BucketIndex } from "../../storage/ports/bucket-index.ts";
import { WANTS_HEADERS } from "../../storage/ports/content-index.ts";
import type { Gate } from "./gate.ts";

/** Of outcomes that say of a key that it is not there. */
const MISSING: ReadonlySet<string> = new Set(["NoSuchKey", "NoSuchVersion", "MethodNotAllowed"]);

type Outcome = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/**
 * The index of a bucket for a request on one object that exists: what it finds is decided on before it is told, and that
 * there is nothing is told to those only who could list the key. What is to be changed is read first, if the decision
 * depends on it.
 *
 * @param key of the object
 */
export function guardedIndex(index: BucketIndex, gate: Gate, key: string): BucketIndex {
  /** @throws S3Error AccessDenied unless the version may be used so */
  async function settle(versionId: string | undefined): Promise<void> {
    if (gate.isOpen) return;
    gate.screen(await index.read(key, { ...WANTS_HEADERS, versionId }), versionId !== undefined);
  }

  /** Runs an effect on a version, and tells only those that may know it that there is none. */
  async function effectOn<T extends Outcome>(
    asked: string,
    versionId: string | undefined,
    effect: () => Promise<T>,
  ): Promise<T> {
    if (asked !== key) throw new S3Error("AccessDenied");
    await settle(versionId);
    const outcome = await effect();
    if (!outcome.ok && MISSING.has(outcome.reason)) gate.revealMissing(versionId !== undefined);
    return outcome;
  }

  return {
    ...index,

    async read(asked, wanted) {
      const found = await index.read(asked, wanted);
      if (asked === key) gate.screen(found, wanted.versionId !== undefined);
      return found;
    },

    async readContent(asked, wanted) {
      const found = await index.readContent(asked, wanted);
      if (asked === key) gate.screen(found, wanted.versionId !== undefined);
      return found;
    },

    change: (asked, versionId, change) =>
      effectOn(asked, versionId, () => index.change(asked, versionId, change)),

    readAnnotation: (version, name) =>
      effectOn(version.key, version.versionId, () => index.readAnnotation(version, name)),

    listAnnotations: (version, query) =>
      effectOn(version.key, version.versionId, () => index.listAnnotations(version, query)),

    changeAnnotation: (version, change) =>
      effectOn(version.key, version.versionId, () => index.changeAnnotation(version, change)),
  };
}
