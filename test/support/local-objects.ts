import fs from "node:fs";
import { copyFileSync, globSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished, vi } from "vitest";
import { DurableObject } from "../../local/cloudflare-workers.ts";
import { Namespace } from "../../local/durable-objects/namespace.ts";

/** What its objects do is told by the test, which calls `run` in their place. */
export interface Told {
  /** The object cannot be made. */
  isBroken?: boolean;
  /** Called when an alarm rings. */
  alarm?: (notes: Notes) => Promise<void>;
}

/** A Durable Object that keeps notes. */
export class Notes extends DurableObject<Told> {
  readonly storage: DurableObjectStorage;
  readonly name: string | undefined;
  /** Remembered, as the cache of a shard is. */
  readonly remembered = { text: "kept", bytes: new Uint8Array([1, 2, 3]), list: [{ n: 1 }] };
  #given: unknown;

  constructor(ctx: DurableObjectState, env: Told) {
    super(ctx, env);
    if (env.isBroken === true) throw new Error("broken");
    this.storage = ctx.storage;
    this.name = ctx.id.name;
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS note (text TEXT PRIMARY KEY)");
  }

  add(text: string): void {
    this.storage.sql.exec("INSERT INTO note VALUES (?)", text);
  }

  async addLater(text: string): Promise<string> {
    this.storage.transactionSync(() => this.add(text));
    await this.storage.sync();
    return text;
  }

  all(): string[] {
    const rows = this.storage.sql.exec("SELECT text FROM note ORDER BY rowid").raw<[string]>();
    return Array.from(rows, ([text]) => text);
  }

  remember(): Notes["remembered"] {
    return this.remembered;
  }

  keep(given: unknown): void {
    this.#given = given;
  }

  given(): unknown {
    return this.#given;
  }

  wakeAt(ms: number): void {
    void this.storage.setAlarm(ms);
  }

  wakesAt(): Promise<number | null> {
    return this.storage.getAlarm();
  }

  /** Whatever a test does with the storage. What it writes is part of no effect's copy, since it is given by name. */
  run(name: string): unknown {
    return effects.get(name)?.(this.storage);
  }

  alarm(): Promise<void> {
    return this.env.alarm?.(this) ?? Promise.resolve();
  }
}

const effects = new Map<string, (storage: DurableObjectStorage) => unknown>();

/** Runs what is given inside the object: functions do not cross into one. */
export async function inside<T>(
  notes: { run(name: string): Promise<unknown> },
  effect: (storage: DurableObjectStorage) => T,
): Promise<Awaited<T>> {
  const name = String(effects.size);
  effects.set(name, effect);
  return (await notes.run(name)) as Awaited<T>;
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "ledge-objects-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** As a crash leaves the files: copied while they are in use. @returns a folder that has them */
export function crash(folder: string): string {
  const copy = temporaryFolder();
  mkdirSync(path.join(copy, "notes"));
  for (const file of globSync("notes/*", { cwd: folder }))
    if (!file.endsWith("-shm")) copyFileSync(path.join(folder, file), path.join(copy, file));
  return copy;
}

/** A namespace of notes that is closed with the test. */
export function notesIn(
  folder: string,
  env: Told = {},
  options: {
    readonly isSynced?: boolean;
    readonly maxOpen?: number;
    readonly isAtRest?: boolean;
  } = {},
): Namespace<Notes, Told> {
  const namespace = new Namespace(Notes, { folder, uniqueKey: "notes", env, ...options });
  onTestFinished(() => namespace.close());
  return namespace;
}

/** Lets the test decide what becomes of each sync of a file. */
export function withSyncs(behave: (sync: () => void, fail: (code: string) => void) => void): void {
  const real = fs.fdatasync;
  const fake = (descriptor: number, done: (error: NodeJS.ErrnoException | null) => void): void => {
    behave(
      () => real(descriptor, done),
      (code) => done(Object.assign(new Error(`${code}: the disk fails, fdatasync`), { code })),
    );
  };
  vi.spyOn(fs, "fdatasync").mockImplementation(fake);
  syncBuiltinESMExports();
  onTestFinished(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });
}
