import type { ByteRange, ListedPart, Place } from "./object-store.ts";
import { bytesOfRope, type Rope, ropeLength, seamsOf, sliceRope } from "./rope.ts";
import type { World } from "./big-objects-world.ts";

interface ModelPart {
  readonly rope: Rope;
  /** Undefined until the store was asked. */
  etag: string | undefined;
}

export interface ModelUpload {
  readonly at: Place;
  readonly parts: Map<number, ModelPart>;
}

/** What of the model one step is about. */
export interface Touched {
  readonly places: readonly Place[];
  readonly uploadId?: string;
}

/** Bodies up to this length are compared whole, others around their seams. */
const WHOLE_BYTES = 65_536;
const SEAM_BYTES = 12;

/** What the objects and uploads of one sequence have to be. */
export class BigObjectsModel {
  readonly uploads = new Map<string, ModelUpload>();
  readonly #objects = new Map<string, { at: Place; rope: Rope }>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  get objects(): readonly { at: Place; rope: Rope }[] {
    return [...this.#objects.values()];
  }

  get(at: Place): Rope | undefined {
    return this.#objects.get(nameOf(at))?.rope;
  }

  set(at: Place, rope: Rope | undefined): void {
    if (rope === undefined) this.#objects.delete(nameOf(at));
    else this.#objects.set(nameOf(at), { at, rope });
  }

  /** The store has what the model has. */
  async agrees({ places, uploadId }: Touched): Promise<boolean> {
    for (const at of places) if (!(await this.#hasObject(at))) return false;
    return uploadId === undefined || this.#hasUpload(uploadId, places[0]);
  }

  async #hasObject(at: Place): Promise<boolean> {
    const rope = this.get(at);
    if ((await this.#world.store.sizeOf(at)) !== (rope && ropeLength(rope))) return false;
    return rope === undefined || this.hasBytes(at, rangesOf(rope));
  }

  /** Every one of these ranges of an object reads as it should. */
  async hasBytes(at: Place, ranges: readonly ByteRange[]): Promise<boolean> {
    const rope = this.get(at) ?? [];
    for (const range of ranges) {
      const bytes = await this.#world.store.read(at, range);
      const expected = bytesOfRope(sliceRope(rope, range.offset, range.length));
      if (!Buffer.from(expected).equals(bytes)) return false;
    }
    return true;
  }

  /** Learns the ETags that it did not know. */
  async #hasUpload(uploadId: string, at: Place | undefined): Promise<boolean> {
    const upload = this.uploads.get(uploadId);
    if (at === undefined) throw new Error("an upload has a place");
    const listed = await this.#world.store.listParts(at, uploadId);
    if (upload === undefined || listed === undefined) return upload === listed;
    const { parts } = upload;
    const isSame = ({ partNumber, sizeBytes, etag }: ListedPart): boolean => {
      const part = parts.get(partNumber);
      if (part === undefined || ropeLength(part.rope) !== sizeBytes) return false;
      return part.etag === undefined || part.etag === etag;
    };
    if (listed.length !== parts.size || !listed.every(isSame)) return false;
    for (const { partNumber, etag } of listed) {
      const part = parts.get(partNumber);
      if (part !== undefined) part.etag = etag;
    }
    return true;
  }
}

/** All of a small object; of a big one, both sides of every seam. */
export function rangesOf(rope: Rope): ByteRange[] {
  const length = ropeLength(rope);
  if (length <= WHOLE_BYTES) return length === 0 ? [] : [{ offset: 0, length }];
  return seamsOf(rope).map((seam) => {
    const offset = Math.max(0, seam - SEAM_BYTES);
    return { offset, length: Math.min(length, seam + SEAM_BYTES) - offset };
  });
}

export function nameOf({ bucket, key }: Place): string {
  return `${bucket.id}/${key}`;
}
