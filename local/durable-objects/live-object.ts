import { copied, crossedError } from "./crossing.ts";
import type { ObjectStorage } from "./object-storage.ts";

type Methods = Readonly<Record<string, (...given: unknown[]) => unknown>>;

/** An instance of a Durable Object, with its storage, and what it is doing. */
export class LiveObject {
  /** Falls out of use: counts up with each call of any object. */
  usedAt = 0;
  readonly #object: Methods;
  readonly #storage: ObjectStorage;
  /** Calls and alarms that have not ended. */
  #open = 0;
  #onIdle: (() => void) | undefined;
  /** What goes on beside them. */
  #background = 0;

  /** @param object of which only methods are asked for that its class has */
  constructor(object: object, storage: ObjectStorage) {
    this.#object = object as Methods;
    this.#storage = storage;
  }

  get isBusy(): boolean {
    return this.#open > 0 || this.#background > 0 || !this.#storage.isSynced;
  }

  /** Something that the object does beside its calls: it is not closed meanwhile, unless the server ends. */
  waitUntil(promise: Promise<unknown>): void {
    this.#background += 1;
    const end = (): void => {
      this.#background -= 1;
    };
    promise.then(end, end);
  }

  /** While this is there, it is not to be called. */
  get pause(): Promise<void> | undefined {
    return this.#storage.pause;
  }

  /**
   * Calls a method. What it returns is told when all that it may rest on, what others wrote included, is on disk: what a
   * power cut could undo, nobody has seen.
   *
   * @throws Error without class or properties; also when the storage fails, whatever the method did
   */
  call(method: string, given: readonly unknown[]): Promise<unknown> {
    let value: unknown;
    try {
      value = this.#object[method]?.(...copied(given));
      if (value instanceof Promise) return this.#settle(value);
      value = copied(value);
    } catch (error) {
      return this.#settle(Promise.reject(error));
    }
    return this.#storage.isSynced ? Promise.resolve(value) : this.#settle(value);
  }

  /** The alarm rings, if it is due by the object's own rows. */
  async ring(nowMs: number): Promise<void> {
    this.#open += 1;
    const storage = this.#storage;
    try {
      // What an alarm does elsewhere, such as to delete a blob, may rest on what is not on disk yet.
      if (!storage.isSynced) await storage.sync();
      const isDue = (storage.alarmMs ?? Number.POSITIVE_INFINITY) <= nowMs;
      if (isDue) storage.beginAlarm();
      let hasRung = false;
      try {
        if (isDue) await this.#object["alarm"]?.();
        hasRung = true;
      } finally {
        await storage.endAlarm(hasRung);
      }
    } finally {
      this.#end();
    }
  }

  /** Done when it does nothing any more. */
  async untilIdle(): Promise<void> {
    while (this.#open > 0)
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    await this.#storage.sync().catch(() => undefined);
  }

  close(): void {
    this.#storage.close();
  }

  async #settle(value: unknown): Promise<unknown> {
    this.#open += 1;
    let settled: unknown;
    let failure: Error | undefined;
    try {
      settled = value instanceof Promise ? copied(await value) : value;
    } catch (error) {
      failure = crossedError(error);
    }
    try {
      if (!this.#storage.isSynced) await this.#storage.sync();
    } catch (error) {
      failure = crossedError(error);
    }
    this.#end();
    if (failure !== undefined) throw failure;
    return settled;
  }

  #end(): void {
    this.#open -= 1;
    if (this.#open === 0) this.#onIdle?.();
  }
}
