import { NO_ROWS } from "../../../src/storage/bucket-shard/counts/row-counts.ts";
import { type Damage, putCopied, putLarge } from "./damage-kinds.ts";

/** Between shards, the store, and the Directory; and what waits for a shard's jobs. */
export const DAMAGED_BESIDE: readonly Damage[] = [
  {
    of: "hold-lost-at-home",
    make: putCopied,
    damage(files, key) {
      files.run(key, "DELETE FROM hold WHERE content_id = ?", files.contentOf(key));
      files.run(
        key,
        "UPDATE content SET reference_count = 1 WHERE content_id = ?",
        files.contentOf(key),
      );
    },
    found: (files, key) => [`taken-holds ${files.contentOf(key)}`],
    isMended: true,
  },
  {
    of: "hold-of-nobody",
    make: putLarge,
    damage(files, key) {
      files.run(
        key,
        "INSERT INTO hold (token, content_id, is_confirmed) VALUES (?, ?, 1)",
        `${files.nameOfShard("other-key")}/00000000000000000000000000`,
        files.contentOf(key),
      );
      files.run(
        key,
        "UPDATE content SET reference_count = 2 WHERE content_id = ?",
        files.contentOf(key),
      );
    },
    found: () => ["given-holds /00000000000000000000000000"],
    isMended: true,
  },
  {
    of: "blob-orphaned",
    make: putLarge,
    damage(files, key) {
      files.run(
        key,
        "UPDATE shard SET sweep_cursor = name || '/7zzz', sweep_fence = name || '/7zzz'",
      );
      files.run(key, "DELETE FROM content WHERE content_id = ?", files.contentOf(key));
      files.run(key, "UPDATE object SET content_id = NULL, size_bytes = 0 WHERE key = ?", key);
      files.run(
        key,
        "INSERT INTO inline_body (sequence, bytes) VALUES (?, x'')",
        files.sequenceOf(key),
      );
      files.run(
        key,
        "UPDATE object SET etag = 'd41d8cd98f00b204e9800998ecf8427e', checksum = NULL WHERE key = ?",
        key,
      );
    },
    found: (files, key) => [`orphan-blobs ${files.contentOf(key)}`],
    isMended: true,
  },
  {
    of: "outbox-unreadable",
    damage: (files, key) =>
      files.run(
        key,
        "INSERT INTO outbox (target, id, key, emitted_ms, attempts, record) VALUES ('t', 5, 'k', 0, 0, '{')",
      ),
    found: () => ["outbox-records 5", "unscheduled-jobs outbox"],
    isMended: true,
  },
  {
    of: "lifecycle-lost",
    damage: (files, key) =>
      files.run(key, "INSERT INTO lifecycle_scan (id, cursor) VALUES (0, '{')"),
    found: () => ["lifecycle-scan cursor"],
    isMended: true,
  },
  {
    of: "counts-wrong",
    damage: (files, key) =>
      files.run(
        key,
        "INSERT OR REPLACE INTO row_counts (id, counts) VALUES (0, ?)",
        JSON.stringify({ ...NO_ROWS, objects: 1 }),
      ),
    found: () => ["row-counts counts"],
    isMended: true,
  },
  {
    of: "garbage-unscheduled",
    damage: (files, key) =>
      files.run(
        key,
        "INSERT INTO content (content_id, reference_count, garbage_due_ms) VALUES (?, 0, 1)",
        `${files.nameOfShard(key)}/00000000000000000000000001`,
      ),
    found: () => ["unscheduled-jobs garbage"],
    isMended: true,
  },
  {
    of: "document-of-nobody",
    damage: (files) =>
      files.open(files.directory(), (database) =>
        database.exec(
          "INSERT INTO bucket_document (bucket_id, kind, id, part, revision, modified_ms, body) VALUES ('gone', 'tags', '', 'directory', 1, 0, '{}')",
        ),
      ),
    found: () => ["orphan-documents gone tags"],
    isMended: true,
  },
  {
    of: "shard-lost",
    make: (requests) => requests.done("PUT", "/lost"),
    damage: (files) => files.loseShard(files.onlyShardOf("lost")),
    found: (files) => [`told-shards ${files.onlyShardOf("lost")}`],
    isMended: true,
  },
  {
    of: "shard-not-told",
    damage: (files) =>
      files.open(files.directory(), (database) =>
        database.exec("UPDATE bucket SET shard_revision = 3 WHERE name = 'other'"),
      ),
    found: (files) => [`told-shards ${files.nameOfShard("other-key")}`],
    isMended: true,
  },
];
