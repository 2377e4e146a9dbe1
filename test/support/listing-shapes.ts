import { listObjects } from "../../src/storage/bucket-index-object/listing.ts";
import type { ListQuery } from "../../src/storage/bucket-index.ts";
import { countSql, type SqlCost } from "./counting-sql.ts";

export interface ListingResult extends SqlCost, Pick<ListingShape, "name" | "rowsReadPerEntry"> {
  readonly entries: number;
}

interface ListingShape {
  readonly name: string;
  readonly query: (keyCount: number) => ListQuery;
  /**
   * A key that is listed costs its row; a prefix costs two, its first key and the one behind it, whatever it holds. One
   * more tells whether the page is the last.
   */
  readonly rowsReadPerEntry: 1 | 2;
}

/** What a page of a shape may cost; how many keys there are is not part of it. */
export function listingAllowance({ entries, rowsReadPerEntry }: ListingResult) {
  return {
    queries: rowsReadPerEntry === 1 ? 1 : entries + 1,
    rowsRead: rowsReadPerEntry * (entries + 1),
  };
}

/** Lists each shape in a shard that {@link fillObjects} has filled. */
export function measureListings(sql: SqlStorage, keyCount: number): readonly ListingResult[] {
  return LISTING_SHAPES.map(({ name, query, rowsReadPerEntry }) => {
    const counted = countSql(sql);
    const { entries } = listObjects(counted.sql, query(keyCount));
    return { name, entries: entries.length, rowsReadPerEntry, ...counted.cost() };
  });
}

const KEYS_PER_FOLDER = 1000;
const PAGE = 1000;

/**
 * Fills an empty shard with `keyCount` keys `one/0000000` … under one prefix and, in folders of 1,000 keys each, as many
 * `many/0000/0000000` … again.
 */
export function fillObjects(sql: SqlStorage, keyCount: number): void {
  sql.exec(
    `WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < ?),
       name(key, n) AS (
         SELECT format('one/%07d', n), n FROM number
         UNION ALL
         SELECT format('many/%04d/%07d', n / ${KEYS_PER_FOLDER}, n), n FROM number
       )
     INSERT INTO object (key, sequence, modified_ms, size_bytes, etag, storage_class, checksum, content_id, headers)
       SELECT key, n, 0, 1, 'd41d8cd98f00b204e9800998ecf8427e', 'STANDARD', NULL, NULL, '{}' FROM name`,
    keyCount,
  );
}

const flat = { delimiter: "", after: "", limit: PAGE };

/** Pages of a filled shard whose cost is known beforehand. */
const LISTING_SHAPES: readonly ListingShape[] = [
  {
    name: "all keys of one prefix folded",
    query: () => ({ ...flat, prefix: "one", delimiter: "/" }),
    rowsReadPerEntry: 2,
  },
  {
    name: "one page of folders of 1,000 keys",
    query: () => ({ ...flat, prefix: "many/", delimiter: "/" }),
    rowsReadPerEntry: 2,
  },
  {
    name: "one page of keys",
    query: () => ({ ...flat, prefix: "one/" }),
    rowsReadPerEntry: 1,
  },
  {
    name: "one page of keys from the middle",
    query: (keyCount) => ({
      ...flat,
      prefix: "one/",
      after: `one/${String(Math.floor(keyCount / 2)).padStart(7, "0")}`,
    }),
    rowsReadPerEntry: 1,
  },
];
