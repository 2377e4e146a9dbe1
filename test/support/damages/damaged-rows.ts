import { randomBytes } from "node:crypto";
import {
  beginUpload,
  BESIDE,
  BUCKET,
  type Damage,
  LARGE,
  putLarge,
  putParts,
  subject,
} from "./damage-kinds.ts";

/** Within one shard. */
export const DAMAGED_ROWS: readonly Damage[] = [
  {
    of: "count-too-low",
    make: putLarge,
    damage: (files, key) =>
      files.run(
        key,
        "UPDATE content SET reference_count = 0, garbage_due_ms = 1 WHERE content_id = ?",
        files.contentOf(key),
      ),
    found: (files, key) => [`reference-counts ${files.contentOf(key)}`],
    isMended: true,
  },
  {
    of: "count-too-high",
    make: putLarge,
    damage: (files, key) =>
      files.run(
        key,
        "UPDATE content SET reference_count = 7 WHERE content_id = ?",
        files.contentOf(key),
      ),
    found: (files, key) => [`reference-counts ${files.contentOf(key)}`],
    isMended: true,
  },
  {
    of: "content-unknown",
    make: putLarge,
    damage: (files, key) =>
      files.run(key, "DELETE FROM content WHERE content_id = ?", files.contentOf(key)),
    found: (files, key) => [`unknown-contents ${files.contentOf(key)}`],
    isMended: true,
  },
  {
    of: "blob-lost",
    make: putLarge,
    damage: (files, key) => files.loseBlob(files.contentOf(key)),
    found: (files, key) => [
      `stored-blobs ${files.contentOf(key)}`,
      `object-bytes ["${key}","null"]`,
    ],
    isMended: false,
  },
  {
    of: "blob-cut",
    make: putLarge,
    damage: (files, key) => files.cutBlob(files.contentOf(key)),
    found: (files, key) => [
      `stored-blobs ${files.contentOf(key)}`,
      `object-bytes ["${key}","null"]`,
    ],
    isMended: false,
  },
  {
    of: "bytes-changed",
    make: putLarge,
    damage: (files, key) => files.spoilBlob(files.contentOf(key), randomBytes(LARGE.length)),
    found: (_, key) => [`object-bytes ["${key}","null"]`],
    isMended: false,
  },
  {
    of: "encrypted-bytes-changed",
    make: async (requests, key) => {
      const headers = { "x-amz-server-side-encryption": "aws:kms" };
      await requests.done("PUT", `${BUCKET}/${key}`, { body: LARGE, headers });
    },
    damage: (files, key) => files.spoilBlob(files.contentOf(key), randomBytes(LARGE.length + 32)),
    found: (_, key) => [`object-bytes ["${key}","null"]`],
    isMended: false,
  },
  {
    of: "body-lost",
    damage: (files, key) =>
      files.run(key, "DELETE FROM inline_body WHERE sequence = ?", files.sequenceOf(key)),
    found: (files, key) => [
      `inline-bodies ${subject(files, key)}`,
      `object-bytes ["${key}","null"]`,
    ],
    isMended: false,
  },
  {
    of: "body-cut",
    damage: (files, key) =>
      files.run(
        key,
        "UPDATE inline_body SET bytes = x'00' WHERE sequence = ?",
        files.sequenceOf(key),
      ),
    found: (files, key) => [
      `inline-bodies ${subject(files, key)}`,
      `object-bytes ["${key}","null"]`,
    ],
    isMended: false,
  },
  {
    of: "body-orphaned",
    damage: (files, key) =>
      files.run(key, "INSERT INTO inline_body (sequence, bytes) VALUES (900, x'00')"),
    found: () => ["orphan-bodies 900"],
    isMended: true,
  },
  {
    of: "annotation-orphaned",
    damage: (files, key) =>
      files.run(
        key,
        `INSERT INTO annotation (sequence, name, modified_ms, size_bytes, etag, payload)
         VALUES (901, 'a', 0, 1, '', x'00')`,
      ),
    found: () => ["orphan-annotations 901"],
    isMended: true,
  },
  {
    of: "part-orphaned",
    make: putLarge,
    damage(files, key) {
      files.run(
        key,
        `INSERT INTO part (upload_id, part_number, modified_ms, size_bytes, etag, content_id)
         VALUES ('nobodys', 1, 0, ?, '', ?)`,
        LARGE.length,
        files.contentOf(key),
      );
      files.run(
        key,
        "UPDATE content SET reference_count = 2 WHERE content_id = ?",
        files.contentOf(key),
      );
    },
    found: () => ["orphan-parts nobodys"],
    isMended: true,
  },
  {
    of: "segment-orphaned",
    make: putLarge,
    damage(files, key) {
      files.run(
        key,
        `INSERT INTO segment (content_id, offset_bytes, part_number, size_bytes, blob_id, blob_offset_bytes,
           blob_size_bytes, keeper_id) VALUES (?1, 0, 1, ?2, ?3, 0, ?2, ?3)`,
        `${files.nameOfShard(key)}/00000000000000000000000000`,
        LARGE.length,
        files.contentOf(key),
      );
      files.run(
        key,
        "UPDATE content SET reference_count = 2 WHERE content_id = ?",
        files.contentOf(key),
      );
    },
    found: () => ["orphan-segments 00000000000000000000000000"],
    isMended: true,
  },
  {
    of: "segments-short",
    make: putParts,
    damage: (files, key) =>
      files.run(
        key,
        "UPDATE segment SET size_bytes = 5 WHERE content_id = ?",
        files.contentOf(key),
      ),
    found: (files, key) => [
      `object-contents ${subject(files, key)}`,
      `object-bytes ["${key}","null"]`,
    ],
    isMended: false,
  },
  {
    of: "segments-beyond-their-blob",
    make: putParts,
    damage: (files, key) =>
      files.run(
        key,
        "UPDATE segment SET blob_offset_bytes = 5 WHERE content_id = ?",
        files.contentOf(key),
      ),
    found: (files, key) => [`segments ${files.contentOf(key)}`, `object-bytes ["${key}","null"]`],
    isMended: false,
  },
  {
    of: "upload-unreadable",
    make: beginUpload,
    damage: (files, key) => files.run(BESIDE, "UPDATE upload SET headers = '{' WHERE key = ?", key),
    found: (_, key) => [`upload-documents ["${key}"`],
    isMended: false,
  },
  {
    of: "part-short",
    make: async (requests, key) => {
      await putParts(requests, "segments-intact");
      const uploadId = await beginUpload(requests, key);
      await requests.done("PUT", `${BUCKET}/${key}`, {
        query: { partNumber: "3", uploadId },
        headers: { "x-amz-copy-source": `${BUCKET}/segments-intact` },
      });
    },
    damage: (files, key) =>
      files.run(
        BESIDE,
        `UPDATE part SET size_bytes = 7
         WHERE upload_id = (SELECT upload_id FROM upload WHERE key = ?)`,
        key,
      ),
    found: () => [`part-contents `],
    isMended: false,
  },
  {
    of: "part-blob-lost",
    make: async (requests, key) => {
      const uploadId = await beginUpload(requests, key);
      await requests.done("PUT", `${BUCKET}/${key}`, {
        query: { partNumber: "1", uploadId },
        body: LARGE,
      });
    },
    damage: (files, key) => files.loseBlob(files.contentOfPart(BESIDE, key)),
    found: (files, key) => [`stored-blobs ${files.contentOfPart(BESIDE, key)}`],
    isMended: false,
  },
  {
    of: "hidden-version",
    damage(files, key) {
      files.run(
        key,
        `INSERT INTO version (key, sequence, is_marker, modified_ms, size_bytes, etag, storage_class, headers)
         SELECT key, sequence, 0, modified_ms, size_bytes, etag, storage_class, headers FROM object WHERE key = ?`,
        key,
      );
      files.run(key, "DELETE FROM object WHERE key = ?", key);
    },
    found: (files, key) => [`current-versions ${subject(files, key)}`],
    isMended: true,
  },
  {
    of: "version-too-new",
    damage: (files, key) =>
      files.run(
        key,
        `INSERT INTO version (key, sequence, is_marker, modified_ms, size_bytes, etag, storage_class, version_id, headers)
         VALUES (?, 902, 1, 0, 0, '', '', '000000000w6000000000000000000000', '{}')`,
        key,
      ),
    found: (_, key) => [`version-order ["${key}",902]`],
    isMended: false,
  },
  {
    of: "unreadable-headers",
    damage: (files, key) => files.run(key, "UPDATE object SET headers = '{' WHERE key = ?", key),
    found: (files, key) => [
      `row-documents ${subject(files, key)}`,
      `object-bytes ["${key}","null"]`,
    ],
    isMended: false,
  },
];
