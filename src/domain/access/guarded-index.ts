import { S3Error } from "../../protocol/errors.ts";
import type { BucketIndex } from "../../storage/ports/bucket-index.ts";
import { decidedOn, type DecidedOnObject } from "../../storage/ports/decided-on.ts";
import { WANTS_HEADERS } from "../../storage/ports/content-index.ts";
import type { Gate } from "./gate.ts";

/** Of outcomes that say of a key that it is not there. */
const MISSING: ReadonlySet<string> = new Set(["NoSuchKey", "NoSuchVersion", "MethodNotAllowed"]);

type Outcome = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/**
 * The index of a bucket for a request on one object, or one upload, that exists: what it finds is decided on before it is told, and that
 * there is nothing is told to those only who could list the key. What is to be changed is read first, if the decision
 * depends on it. That there is no such upload is told to whoever may perhaps use it: its id is known to those only who were told.
 *
 * @param key of the object
 */
export function guardedIndex(index: BucketIndex, gate: Gate, key: string): BucketIndex {
  /**
   * @returns what it was decided on; undefined: it does not depend on the version, or there is none
   * @throws S3Error AccessDenied unless the version may be used so
   */
  async function settle(versionId: string | undefined): Promise<DecidedOnObject | undefined> {
    if (gate.isOpen) return undefined;
    const found = await index.read(key, { ...WANTS_HEADERS, versionId });
    gate.screen(found, versionId !== undefined);
    return found?.kind === "object" ? decidedOn(found) : undefined;
  }

  /** Runs an effect on a version, and tells only those that may know it that there is none. */
  async function effectOn<T extends Outcome>(
    asked: string,
    versionId: string | undefined,
    effect: (seen: DecidedOnObject | undefined) => Promise<T>,
  ): Promise<T> {
    if (asked !== key) throw new S3Error("AccessDenied");
    const outcome = await effect(await settle(versionId));
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

    // Who says what it is decided on has read that here.
    change: (asked, versionId, change, read) =>
      read !== undefined && asked === key
        ? index.change(asked, versionId, change, read)
        : effectOn(asked, versionId, (seen) => index.change(asked, versionId, change, seen)),

    readAnnotation: (version, name) =>
      effectOn(version.key, version.versionId, (seen) =>
        index.readAnnotation({ ...version, decidedOn: seen }, name),
      ),

    listAnnotations: (version, query) =>
      effectOn(version.key, version.versionId, (seen) =>
        index.listAnnotations({ ...version, decidedOn: seen }, query),
      ),

    changeAnnotation: (version, change) =>
      effectOn(version.key, version.versionId, (seen) =>
        index.changeAnnotation({ ...version, decidedOn: seen }, change),
      ),

    async listParts(asked, ...page) {
      const found = await index.listParts(asked, ...page);
      if (found !== undefined) gate.decideOnUpload(found.upload);
      return found;
    },

    async abortUpload(asked, uploadId, initiatedMs) {
      if (!gate.isOpen) {
        const upload = await index.findUpload(asked, uploadId);
        if (upload === undefined) return "NoSuchUpload";
        gate.decideOnUpload(upload);
      }
      return index.abortUpload(asked, uploadId, initiatedMs);
    },
  };
}
