import { readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";

/** A stopped server's data folder, to be damaged. */
export class DataFolderFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The file of the shard that has the key. */
  shardOfKey(key: string): string {
    return this.#find("ledge-index", (database) =>
      Boolean(
        database
          .prepare("SELECT 1 FROM object WHERE key = ?1 UNION SELECT 1 FROM version WHERE key = ?1")
          .get(key),
      ),
    );
  }

  directory(): string {
    return this.#find("ledge-directory", () => true);
  }

  /** Of a bucket that has one. */
  onlyShardOf(bucket: string): string {
    return this.open(this.directory(), (database) => {
      const row = database.prepare("SELECT id FROM bucket WHERE name = ?").get(bucket);
      return `${String(row?.["id"])}/0`;
    });
  }

  loseShard(name: string): void {
    rmSync(
      this.#find(
        "ledge-index",
        (database) => database.prepare("SELECT name FROM shard").get()?.["name"] === name,
      ),
    );
  }

  #find(folder: string, isIt: (database: DatabaseSync) => boolean): string {
    const index = path.join(this.#folder, "index", folder);
    for (const name of readdirSync(index).filter((each) => /^[0-9a-f]{64}\.sqlite$/.test(each))) {
      const file = path.join(index, name);
      if (this.open(file, isIt)) return file;
    }
    throw new Error("no database has it");
  }

  open<T>(file: string, work: (database: DatabaseSync) => T): T {
    const database = new DatabaseSync(file);
    try {
      return work(database);
    } finally {
      database.close();
    }
  }

  /** Runs a statement in the shard of a key. */
  run(key: string, statement: string, ...values: readonly SQLInputValue[]): void {
    this.open(this.shardOfKey(key), (database) => {
      const { changes } = database.prepare(statement).run(...values);
      if (changes === 0) throw new Error(`nothing was changed by ${statement}`);
    });
  }

  contentOf(key: string): string {
    return this.open(this.shardOfKey(key), (database) =>
      String(
        database.prepare("SELECT content_id AS id FROM object WHERE key = ?").get(key)?.["id"],
      ),
    );
  }

  /** Of the one part of an upload under way. @param beside a key of the same shard */
  contentOfPart(beside: string, key: string): string {
    const query =
      "SELECT content_id AS id FROM part JOIN upload ON part.upload_id = upload.upload_id WHERE key = ?";
    return this.open(this.shardOfKey(beside), (database) =>
      String(database.prepare(query).get(key)?.["id"]),
    );
  }

  /** Runs statements in the Directory, each of which has to change something. */
  inDirectory(...statements: readonly string[]): void {
    this.open(this.directory(), (database) => {
      for (const statement of statements)
        if (database.prepare(statement).run().changes === 0)
          throw new Error(`nothing was changed by ${statement}`);
    });
  }

  sequenceOf(key: string): number {
    return this.open(this.shardOfKey(key), (database) =>
      Number(database.prepare("SELECT sequence FROM object WHERE key = ?").get(key)?.["sequence"]),
    );
  }

  nameOfShard(key: string): string {
    return this.open(this.shardOfKey(key), (database) =>
      String(database.prepare("SELECT name FROM shard").get()?.["name"]),
    );
  }

  blobFile(blobId: string): string {
    const [bucketId = "", shard = "", ulid = ""] = blobId.split("/");
    const pieces = [ulid.slice(0, 4), ulid.slice(4, 7), ulid.slice(7)];
    return path.join(this.#folder, "blobs", bucketId, shard, ...pieces);
  }

  loseBlob(blobId: string): void {
    rmSync(this.blobFile(blobId));
  }

  cutBlob(blobId: string): void {
    truncateSync(this.blobFile(blobId), 7);
  }

  spoilBlob(blobId: string, bytes: Uint8Array): void {
    writeFileSync(this.blobFile(blobId), bytes);
  }
}
