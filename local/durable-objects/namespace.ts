import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { setImmediate, setTimeout } from "node:timers/promises";
import { log } from "../../src/lib/log.ts";
import type { Exports } from "../entrypoints.ts";
import { Alarms } from "./alarms.ts";
import { checkpoint } from "./checkpoints.ts";
import { copied, crossedError } from "./crossing.ts";
import { LiveObject } from "./live-object.ts";
import { longCalls } from "./long-calls.ts";
import { makeDatabase } from "./new-database.ts";
import { ObjectId, objectIds } from "./object-id.ts";
import { ObjectStorage } from "./object-storage.ts";
import { sqliteError } from "./sqlite-error.ts";
import { type Stub, stubClass } from "./stub.ts";

/** An object that was not called for so long is closed. */
const IDLE_MS = 5 * 60 * 1000;

/** So many objects stay open at most, busy ones aside: each has four descriptors, and what it remembers. */
const MAX_OPEN = 400;

/** How often a server that ends looks whether its objects have done what was due. */
const SETTLE_LOOK_MS = 10;

/** Ids that were made of names lately: to make one takes two hashes. */
const MAX_IDS = 10_000;

interface NamespaceOptions<Env> {
  /** Of all namespaces; this one has a folder in it. */
  readonly folder: string;
  /** Names the folder, and goes into the ids: with another one, all data would be left behind. */
  readonly uniqueKey: string;
  readonly env: Env;
  /** `ctx.exports` of the objects. */
  readonly exports?: Exports;
  /** False: nothing survives a power cut for certain. True without it. */
  readonly isSynced?: boolean;
  /** How many objects stay open, unless they are busy. */
  readonly maxOpen?: number;
  /** Alarms are kept, and none rings. */
  readonly isAtRest?: boolean;
}

type ClassOf<T, Env> = new (ctx: DurableObjectState, env: Env) => T;

/**
 * All objects of a class, one instance of each, with the databases of workerd, which are in
 * `<folder>/<unique key>/<id>.sqlite`.
 *
 * Source: https://developers.cloudflare.com/durable-objects/api/namespace/
 */
export class Namespace<T extends object, Env> {
  readonly #Class: ClassOf<T, Env>;
  readonly #env: Env;
  readonly #exports: Exports;
  readonly #folder: string;
  readonly #isSynced: boolean;
  readonly #isAtRest: boolean;
  readonly #maxOpen: number;
  readonly #idOf: (name: string) => ObjectId;
  readonly #ids = new Map<string, ObjectId>();
  readonly #alarms: Alarms;
  readonly #StubOf: new (id: ObjectId) => Stub<T>;
  readonly #objects = new Map<string, LiveObject>();
  /** Databases that are on their way to the disk. */
  readonly #making = new Map<string, Promise<void>>();
  /** Those that failed, until they are opened anew. */
  readonly #failed = new Map<string, Failed>();
  /** About to be closed, unless they are called. */
  readonly #leaving = new Set<LiveObject>();
  readonly #idleTimer: NodeJS.Timeout;
  readonly #recovery: Promise<void>;
  #calls = 0;
  /** Those that wait until their object may be called. */
  #heldCalls = 0;
  #callsAtLastLook = 0;
  #isClosed = false;

  constructor(Class: ClassOf<T, Env>, options: NamespaceOptions<Env>) {
    const { folder, uniqueKey, env, exports = {}, isSynced = true } = options;
    this.#Class = Class;
    this.#env = env;
    this.#exports = exports;
    this.#folder = path.join(folder, uniqueKey);
    this.#isSynced = isSynced;
    this.#maxOpen = options.maxOpen ?? MAX_OPEN;
    this.#idOf = objectIds(uniqueKey);
    const isNew = mkdirSync(this.#folder, { recursive: true, mode: 0o700 }) !== undefined;
    if (isNew && isSynced) syncFolder(folder);
    this.#alarms = new Alarms(this.#folder, isSynced, (id) => this.#ring(id));
    this.#isAtRest = options.isAtRest === true;
    if (this.#isAtRest) void this.#alarms.stop();
    this.#StubOf = stubClass<T>(Class.prototype, (id, method, given) =>
      this.#call(id, method, given),
    );
    this.#idleTimer = setInterval(() => this.#closeIdle(), IDLE_MS).unref();
    this.#recovery = this.#recover().catch((error: unknown) =>
      log("error", "alarms not recovered", { folder: this.#folder, error: String(error) }),
    );
  }

  idFromName(name: string): ObjectId {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const id = this.#idOf(name);
    if (this.#ids.size >= MAX_IDS) this.#ids.clear();
    this.#ids.set(name, id);
    return id;
  }

  get(id: ObjectId): Stub<T> {
    return new this.#StubOf(id);
  }

  getByName(name: string): Stub<T> {
    return this.get(this.idFromName(name));
  }

  /** Done when no alarm is due and no object does anything, or when the time is over. */
  async settle(untilMs: number): Promise<void> {
    for (;;) {
      const nowMs = Date.now();
      const isBusy = [...this.#objects.values()].some((object) => object.isBusy);
      // At rest no alarm rings, however long it is due.
      const isDue = !this.#isAtRest && this.#alarms.hasDue(nowMs);
      if (nowMs >= untilMs || !(isBusy || isDue)) return;
      await setTimeout(SETTLE_LOOK_MS);
    }
  }

  /**
   * No alarm rings and nobody is called from now on; done when all that is under way has ended and all databases are closed.
   * Close a namespace before those that its objects call.
   */
  async close(): Promise<void> {
    clearInterval(this.#idleTimer);
    await this.#alarms.stop();
    while (this.#heldCalls > 0) await setImmediate();
    this.#isClosed = true;
    await Promise.allSettled(this.#making.values());
    await this.#recovery;
    await Promise.all([...this.#objects.keys()].map((hex) => this.#closeWhenIdle(hex)));
    for (const { object } of this.#failed.values()) object.close();
    await this.#alarms.close();
  }

  #call(id: ObjectId, method: string, given: readonly unknown[]): Promise<unknown> {
    const turn = longCalls.turnOf(method);
    return turn === undefined
      ? this.#callNow(id, method, given)
      : this.#callAfter(turn, id, method, given);
  }

  #callNow(id: ObjectId, method: string, given: readonly unknown[]): Promise<unknown> {
    let object = this.#objects.get(id.hex);
    const pause = object === undefined ? this.#madeIfNew(id.hex) : object.pause;
    if (pause !== undefined) return this.#callAfter(pause, id, method, given);
    try {
      object ??= this.#open(id);
    } catch (error) {
      return Promise.reject(crossedError(error));
    }
    this.#calls += 1;
    object.usedAt = this.#calls;
    const beganMs = performance.now();
    const answer = object.call(method, given);
    longCalls.took(method, performance.now() - beganMs);
    return answer;
  }

  async #callAfter(
    pause: Promise<void>,
    id: ObjectId,
    method: string,
    given: readonly unknown[],
  ): Promise<unknown> {
    const kept = copied(given);
    this.#heldCalls += 1;
    try {
      await pause;
    } catch (error) {
      throw crossedError(error);
    } finally {
      this.#heldCalls -= 1;
    }
    return this.#callNow(id, method, kept);
  }

  /** Done when there is a database; undefined when there is one. */
  #madeIfNew(hex: string): Promise<void> | undefined {
    const path = this.#pathOf(hex);
    let making = this.#making.get(hex);
    if (making !== undefined || this.#isClosed || existsSync(path)) return making;
    making = makeDatabase(path, this.#isSynced)
      .catch((error: unknown) => {
        throw sqliteError(error);
      })
      .finally(() => this.#making.delete(hex));
    // Whoever waits is told. A call with what cannot be copied does not wait.
    making.catch(() => undefined);
    this.#making.set(hex, making);
    return making;
  }

  async #ring(id: ObjectId): Promise<void> {
    const object = this.#objects.get(id.hex) ?? this.#open(id);
    if (object.pause !== undefined) await object.pause;
    this.#calls += 1;
    object.usedAt = this.#calls;
    await object.ring(Date.now());
  }

  #open(id: ObjectId): LiveObject {
    if (this.#isClosed) throw new Error("the server is closing");
    this.#makeRoom();
    const failed = this.#failed.get(id.hex);
    const storage = new ObjectStorage({
      path: this.#pathOf(id.hex),
      isSynced: this.#isSynced,
      mustMend: failed?.mustMend ?? false,
      id,
      alarms: this.#alarms,
      onFailure: (mustMend) => this.#fail(id.hex, mustMend),
    });
    let object: LiveObject;
    try {
      // What src/ asks of them, and no more, is there.
      const waitUntil = (promise: Promise<unknown>): void => object.waitUntil(promise);
      const given = { id, storage, exports: this.#exports, waitUntil };
      const context = given as unknown as DurableObjectState;
      object = new LiveObject(new this.#Class(context, this.#env), storage);
    } catch (error) {
      storage.close();
      throw error;
    }
    // Not before: as long as one connection is open, SQLite needs no new files, for which a full disk may have no room.
    failed?.object.close();
    this.#failed.delete(id.hex);
    this.#objects.set(id.hex, object);
    return object;
  }

  #fail(hex: string, mustMend: boolean): void {
    const object = this.#objects.get(hex);
    if (object === undefined) return;
    this.#objects.delete(hex);
    this.#failed.set(hex, { object, mustMend });
  }

  /** The least used of those that are not busy goes when there are too many. */
  #makeRoom(): void {
    if (this.#objects.size < this.#maxOpen) return;
    let least: [hex: string, object: LiveObject] | undefined;
    for (const entry of this.#objects) {
      const [, object] = entry;
      if (object.isBusy || this.#leaving.has(object)) continue;
      if (least === undefined || object.usedAt < least[1].usedAt) least = entry;
    }
    if (least === undefined) return;
    if (this.#objects.size < 2 * this.#maxOpen) void this.#closeUnlessUsed(...least);
    else this.#closeNow(...least);
  }

  #closeIdle(): void {
    for (const [hex, object] of this.#objects)
      if (object.usedAt <= this.#callsAtLastLook && !object.isBusy)
        void this.#closeUnlessUsed(hex, object);
    this.#callsAtLastLook = this.#calls;
  }

  async #closeUnlessUsed(hex: string, object: LiveObject): Promise<void> {
    const { usedAt } = object;
    this.#leaving.add(object);
    await this.#checkpoint(hex);
    this.#leaving.delete(object);
    if (object.usedAt === usedAt && !object.isBusy) this.#closeNow(hex, object);
  }

  async #closeWhenIdle(hex: string): Promise<void> {
    const object = this.#objects.get(hex);
    await object?.untilIdle();
    await this.#checkpoint(hex);
    if (object !== undefined) this.#closeNow(hex, object);
  }

  #closeNow(hex: string, object: LiveObject): void {
    if (this.#objects.get(hex) !== object) return;
    this.#objects.delete(hex);
    object.close();
  }

  /** So that to close it, which SQLite does on this thread, takes no sync. */
  async #checkpoint(hex: string): Promise<void> {
    await checkpoint(this.#pathOf(hex), this.#isSynced, false).catch((error: unknown) =>
      log("error", "checkpoint failed", { object: hex, error: String(error) }),
    );
  }

  /**
   * A log that is left is of a server that died. What it holds may be ahead of the index of alarms: power may have been cut
   * between the one and the other.
   */
  async #recover(): Promise<void> {
    const files = await readdir(this.#folder);
    for (const file of files) {
      const hex = LOG_NAME.exec(file)?.[1];
      if (hex === undefined || this.#objects.has(hex) || this.#isClosed) continue;
      const alarmMs = await checkpoint(this.#pathOf(hex), this.#isSynced, false).catch(
        (error: unknown) => log("error", "not recovered", { object: hex, error: String(error) }),
      );
      const id = new ObjectId(hex, undefined);
      const indexedMs = this.#alarms.dueMsOf(id) ?? Number.POSITIVE_INFINITY;
      if (typeof alarmMs === "number" && alarmMs < indexedMs) this.#alarms.set(id, alarmMs);
    }
  }

  #pathOf(hex: string): string {
    return path.join(this.#folder, `${hex}.sqlite`);
  }
}

interface Failed {
  readonly object: LiveObject;
  readonly mustMend: boolean;
}

const LOG_NAME = /^([0-9a-f]{64})\.sqlite-wal$/;

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  fsyncSync(descriptor);
  closeSync(descriptor);
}
