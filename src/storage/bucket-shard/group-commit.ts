/** Bounds how long one transaction holds the shard's thread. */
const MAX_GROUP_SIZE = 512;

/** What an answer takes from here out of the object: its effect's promise, and that of the method. */
const TURNS_OF_AN_ANSWER = 2;

/** What a shard has in memory of its rows. */
interface Remembered {
  reserveSequences(count: number): void;
  /** What was written was not kept. */
  forget(): void;
}

interface Waiting {
  /** Runs the effect in its own savepoint and remembers what came of it. */
  readonly attempt: () => void;
  /** Tells the caller, once the group's transaction is on disk. */
  readonly settle: () => void;
  readonly fail: (reason: unknown) => void;
}

/**
 * Collects the writes that arrive while a commit is on its way to disk and runs them in one transaction, because every
 * commit costs an fsync. Each write still succeeds or fails alone: one that throws rolls back to its own savepoint.
 */
export class GroupCommit {
  readonly #storage: DurableObjectStorage;
  readonly #remembered: Remembered;
  #waiting: Waiting[] = [];
  #isFlushing = false;

  constructor(storage: DurableObjectStorage, remembered: Remembered) {
    this.#storage = storage;
    this.#remembered = remembered;
  }

  /** @returns what `effect` returned, when its transaction is durable */
  run<T>(effect: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    let settle = (): void => {};
    const attempt = (): void => {
      try {
        const value = this.#storage.transactionSync(effect);
        settle = () => resolve(value);
      } catch (error) {
        this.#remembered.forget();
        settle = () => reject(error);
      }
    };
    this.#waiting.push({ attempt, settle: () => settle(), fail: reject });
    if (!this.#isFlushing) void this.#flush();
    return promise;
  }

  async #flush(): Promise<void> {
    this.#isFlushing = true;
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, MAX_GROUP_SIZE);
      try {
        this.#storage.transactionSync(() => {
          this.#remembered.reserveSequences(group.length);
          for (const { attempt } of group) attempt();
        });
        await this.#storage.sync();
        for (const { settle } of group) settle();
      } catch (error) {
        this.#remembered.forget();
        for (const { fail } of group) fail(error);
      }
      // First the answers leave: what is written before would hold them back, until it is on disk as well.
      for (let turn = 0; turn < TURNS_OF_AN_ANSWER; turn += 1) await Promise.resolve();
    }
    this.#isFlushing = false;
  }
}
