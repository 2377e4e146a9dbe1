import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { exportUploads } from "../../src/storage/bucket-shard/backup/export-uploads.ts";

/** Keys, each with the numbers of parts of its uploads. */
const UPLOADS: readonly (readonly [key: string, ...parts: number[]])[] = [
  ["a", 0, 3],
  ["b", 1000],
  ["c", 2500, 1],
  ["d", ...Array.from({ length: 600 }, () => 1)],
  ["é", 0],
];

test("uploads leave a shard page by page, each part once, whatever falls between two pages", async () => {
  const shard = env.BUCKET_INDEX.getByName("upload-backup/0");
  const [expected, found, pages] = await runInDurableObject(shard, (_, { storage: { sql } }) => {
    const names: string[] = [];
    for (const [key, ...counts] of UPLOADS)
      for (const [i, count] of counts.entries()) {
        const id = `upload ${String(i).padStart(4, "0")} of ${key}`;
        names.push(JSON.stringify([key, id]));
        sql.exec(
          "INSERT INTO upload (key, upload_id, initiated_ms, storage_class, headers) VALUES (?, ?, 1, 's', '{}')",
          key,
          id,
        );
        sql.exec(
          `INSERT INTO part (upload_id, part_number, modified_ms, size_bytes, etag, content_id, sealed_key)
           SELECT ?1, value + 1, 1, 1, 'e', ?1 || ' ' || value, x'00ff' FROM json_each(?2)`,
          id,
          JSON.stringify(Array.from({ length: count }, (_, at) => at)),
        );
        for (let part = 1; part <= count; part += 1) names.push(`${id} ${part - 1} AP8=`);
      }
    const told = new Set<string>();
    let pageCount = 0;
    let after: string | undefined = "";
    while (after !== undefined) {
      const page = exportUploads(sql, after);
      pageCount += 1;
      for (const { columns, parts } of page.uploads) {
        told.add(JSON.stringify([columns["key"], columns["upload_id"]]));
        for (const part of parts) {
          const name = `${part.columns["content_id"]} ${part.columns["sealed_key"]}`;
          if (told.has(name)) throw new Error(`${name} is told twice`);
          told.add(name);
        }
      }
      after = page.next;
    }
    return [names, told, pageCount];
  });
  expect(found).toEqual(new Set(expected));
  expect(pages).toBeGreaterThan(4);
});
