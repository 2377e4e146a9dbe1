import { listUploads } from "../../src/storage/bucket-shard/uploads/list-uploads.ts";
import { listVersions } from "../../src/storage/bucket-shard/objects/list-versions.ts";
import { listObjects } from "../../src/storage/bucket-shard/objects/listing.ts";
import type { ListQuery } from "../../src/storage/ports/bucket-index.ts";
import { countSql, type SqlCost } from "./counting-sql.ts";

const KEYS_PER_FOLDER = 1000;
const PAGE = 1000;

/** What a page may cost; how many keys there are is not part of it. */
type Allowance = (entries: number) => { readonly queries: number; readonly rowsRead: number };

interface ListingShape {
  readonly name: string;
  readonly allowance: Allowance;
  /** @returns how many entries the page has */
  readonly list: (sql: SqlStorage, keyCount: number) => number;
}

export interface ListingResult {
  readonly name: string;
  readonly entries: number;
  readonly cost: SqlCost;
  readonly allowed: ReturnType<Allowance>;
}

/** Lists each shape in a shard that {@link fillShard} has filled. */
export function measureListings(sql: SqlStorage, keyCount: number): readonly ListingResult[] {
  return LISTING_SHAPES.map(({ name, list, allowance }) => {
    const counted = countSql(sql);
    const entries = list(counted.sql, keyCount);
    return { name, entries, cost: counted.cost(), allowed: allowance(entries) };
  });
}

/** Lists one shape several times, for the sake of the time that it takes. @returns entries of all pages together */
export function repeatListing(
  sql: SqlStorage,
  shapeName: string,
  keyCount: number,
  times: number,
): number {
  const shape = LISTING_SHAPES.find(({ name }) => name === shapeName);
  if (shape === undefined) throw new Error(`there is no shape ${shapeName}`);
  let entries = 0;
  for (let i = 0; i < times; i += 1) entries += shape.list(sql, keyCount);
  return entries;
}

/**
 * Fills an empty shard with `keyCount` keys `one/0000000` … under one prefix, as many `many/0000/0000000` … in folders of
 * 1,000 keys each, and 1,000 keys and folders that take turns: `mixed/0000`, `mixed/0000/0`, …; of every thousandth key
 * there is an upload.
 */
export function fillShard(sql: SqlStorage, keyCount: number): void {
  sql.exec(
    `WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < ?1),
       name(key, n) AS (
         SELECT format('one/%07d', n), n FROM number
         UNION ALL
         SELECT format('many/%04d/%07d', n / ${KEYS_PER_FOLDER}, n), n FROM number
         UNION ALL
         SELECT format('mixed/%04d%s', n / 2, iif(n % 2 = 0, '', '/0')), n FROM number WHERE n < ${PAGE}
       )
     INSERT INTO object (key, sequence, modified_ms, size_bytes, etag, storage_class, checksum, content_id, headers)
       SELECT key, n, 0, 1, 'd41d8cd98f00b204e9800998ecf8427e', 'STANDARD', NULL, NULL, '{}' FROM name`,
    keyCount,
  );
  sql.exec(
    `INSERT INTO upload (key, upload_id, initiated_ms, storage_class, headers)
     SELECT key, format('%020d', sequence), 0, 'STANDARD', '{}' FROM object WHERE sequence % ${KEYS_PER_FOLDER} = 0`,
  );
}

const flat = { delimiter: "", after: "", limit: PAGE };
const objects =
  (query: (keyCount: number) => ListQuery): ListingShape["list"] =>
  (sql, keyCount) =>
    listObjects(sql, query(keyCount)).entries.length;

/** A key that is listed costs its row. One more tells whether the page is the last. */
const RUN_OF_KEYS: Allowance = (entries) => ({ queries: 1, rowsRead: entries + 1 });

/** The same in a few readings, each longer than the one before, since a common prefix might come. */
const KEYS_IN_READINGS: Allowance = (entries) => ({ queries: 3, rowsRead: entries + 1 });

/** A first reading, which finds a common prefix; then one query, with a search in each table for each entry. */
const stepsThrough =
  (tables: number): Allowance =>
  (entries) => ({ queries: 2, rowsRead: 32 + (tables + 2) * (entries + 1) });

/** Pages of a filled shard whose cost is known beforehand. */
const LISTING_SHAPES: readonly ListingShape[] = [
  {
    name: "all keys of one prefix folded",
    list: objects(() => ({ ...flat, prefix: "one", delimiter: "/" })),
    allowance: stepsThrough(1),
  },
  {
    name: "folders of 1,000 keys",
    list: objects(() => ({ ...flat, prefix: "many/", delimiter: "/" })),
    allowance: stepsThrough(1),
  },
  {
    name: "versions in folders of 1,000 keys",
    list: (sql) =>
      listVersions(sql, {
        ...flat,
        prefix: "many/",
        delimiter: "/",
        afterKey: "",
        afterVersionId: undefined,
      }).entries.length,
    allowance: stepsThrough(2),
  },
  {
    name: "uploads in folders",
    list: (sql) =>
      listUploads(sql, {
        ...flat,
        prefix: "many/",
        delimiter: "/",
        afterKey: "",
        afterUploadId: "",
      }).entries.length,
    allowance: stepsThrough(1),
  },
  {
    name: "keys and folders in turn",
    list: objects(() => ({ ...flat, prefix: "mixed/", delimiter: "/" })),
    allowance: stepsThrough(1),
  },
  {
    name: "keys",
    list: objects(() => ({ ...flat, prefix: "one/" })),
    allowance: RUN_OF_KEYS,
  },
  {
    name: "keys from the middle",
    list: objects((keyCount) => ({
      ...flat,
      prefix: "one/",
      after: `one/${String(Math.floor(keyCount / 2)).padStart(7, "0")}`,
    })),
    allowance: RUN_OF_KEYS,
  },
  {
    name: "keys behind the last delimiter",
    list: objects(() => ({ ...flat, prefix: "one/", delimiter: "/" })),
    allowance: KEYS_IN_READINGS,
  },
];
