import {
  type Along,
  hasVersions,
  type ModelVersion,
  type Versions,
  written,
} from "./big-objects-versions.ts";
import type { World } from "./big-objects-world.ts";
import type { ListedPart, Place } from "./object-store.ts";
import { type Rope, ropeLength } from "./rope.ts";

interface ModelPart {
  readonly rope: Rope;
  /** Undefined until the store was asked. */
  etag: string | undefined;
}

export interface ModelUpload {
  readonly at: Place;
  readonly parts: ReadonlyMap<number, ModelPart>;
  /** So will be the object. */
  readonly isPublic: boolean;
}

/** What of the model one step is about. */
export interface Touched {
  readonly places: readonly Place[];
  readonly uploadId?: string;
}

/** A version that has bytes. */
export interface ModelObject {
  readonly at: Place;
  readonly rope: Rope;
  readonly versionId?: string;
}

/** What the objects and uploads of one sequence have to be. */
export class BigObjectsModel {
  readonly #uploads = new Map<string, ModelUpload>();
  readonly #keys = new Map<string, { at: Place; versions: Versions }>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Those that are current. */
  get objects(): readonly ModelObject[] {
    return this.keys.flatMap(({ at, versions: [current] }) =>
      current?.rope === undefined ? [] : [{ at, rope: current.rope }],
    );
  }

  get keys(): readonly { at: Place; versions: Versions }[] {
    return [...this.#keys.values()];
  }

  get uploads(): ReadonlyMap<string, ModelUpload> {
    return this.#uploads;
  }

  /** Those whose ids are known, delete markers among them. */
  get versions(): readonly { at: Place; version: ModelVersion; versionId: string }[] {
    return this.keys.flatMap(({ at, versions }) =>
      versions.flatMap((version) =>
        version.id === undefined ? [] : [{ at, version, versionId: version.id }],
      ),
    );
  }

  versionsOf(at: Place): Versions {
    return this.#keys.get(nameOf(at))?.versions ?? [];
  }

  get(at: Place): Rope | undefined {
    return this.versionsOf(at)[0]?.rope;
  }

  /** A write, or a delete that names no version. */
  set(at: Place, rope: Rope | undefined, along: Along = {}): void {
    const versioning = this.#world.versioningOf(at.bucket);
    this.#setVersions(at, written(this.versionsOf(at), versioning, rope, along));
  }

  /** The current version got this id, as the store says. @returns false if it cannot be */
  tell(at: Place, id: string): boolean {
    const [current] = this.versionsOf(at);
    if (current === undefined || (current.id !== undefined && current.id !== id)) return false;
    current.id = id;
    return true;
  }

  /** What rules have left of a key's versions, all of whose ids are known. */
  keep(at: Place, versions: Versions): void {
    this.#setVersions(at, versions);
  }

  removeVersion(at: Place, versionId: string): void {
    this.#setVersions(
      at,
      this.versionsOf(at).filter(({ id }) => id !== versionId),
    );
  }

  change(at: Place, versionId: string, along: Along): void {
    this.#setVersions(
      at,
      this.versionsOf(at).map((version) =>
        version.id === versionId ? { ...version, ...along } : version,
      ),
    );
  }

  #setVersions(at: Place, versions: Versions): void {
    if (versions.length === 0) this.#keys.delete(nameOf(at));
    else this.#keys.set(nameOf(at), { at, versions });
  }

  createUpload(uploadId: string, at: Place, isPublic: boolean): void {
    this.#uploads.set(uploadId, { at, parts: new Map(), isPublic });
  }

  putPart(uploadId: string, partNumber: number, rope: Rope): void {
    const upload = this.#uploads.get(uploadId);
    if (upload === undefined) return;
    const parts = new Map([...upload.parts, [partNumber, { rope, etag: undefined }]]);
    this.#uploads.set(uploadId, { ...upload, parts });
  }

  endUpload(uploadId: string): void {
    this.#uploads.delete(uploadId);
  }

  /** @returns what makes the model again what it is now, as far as a step is about it */
  remember({ places, uploadId }: Touched): () => void {
    const versions = places.map((at) => ({ at, versions: this.versionsOf(at) }));
    const upload = uploadId === undefined ? undefined : this.#uploads.get(uploadId);
    return () => {
      for (const key of versions) this.#setVersions(key.at, key.versions);
      if (uploadId !== undefined && upload !== undefined) this.#uploads.set(uploadId, upload);
    };
  }

  /** The store has what the model has. */
  async agrees({ places, uploadId }: Touched): Promise<boolean> {
    for (const at of places)
      if (!(await hasVersions(this.#world.store, at, this.versionsOf(at)))) return false;
    return uploadId === undefined || this.#hasUpload(uploadId, places[0]);
  }

  /** Learns the ETags that it did not know. */
  async #hasUpload(uploadId: string, at: Place | undefined): Promise<boolean> {
    const upload = this.#uploads.get(uploadId);
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

export function nameOf({ bucket, key }: Place): string {
  return `${bucket.id}/${key}`;
}
