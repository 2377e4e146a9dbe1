import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import {
  clashingKey,
  exportKeys,
  importKeys,
} from "../../src/storage/directory-object/backup/account-keys.ts";
import { insertKey } from "../../src/storage/directory-object/kms/key-rows.ts";
import { openKey, rotateKey } from "../../src/storage/directory-object/kms/open-key.ts";

const ACCOUNT = "111122223333";
const ID = "0f8fad5b-d9cb-469f-a165-70867728950e";
const material = (byte: number): Uint8Array => new Uint8Array([byte]);

const inDirectory = <T>(name: string, act: (sql: SqlStorage) => T): Promise<T> =>
  runInDurableObject(env.DIRECTORY.getByName(name), (_, { storage }) => act(storage.sql));

/** A key; what a backup has of it then; and what one has that is made after it was rotated. */
function rotatedKey(sql: SqlStorage): readonly ReturnType<typeof exportKeys>[] {
  const key = { id: ID, region: "us-east-1", name: ID, kind: "customer" } as const;
  insertKey(sql, ACCOUNT, { ...key, sealedMaterial: material(1) });
  const before = exportKeys(sql, ACCOUNT);
  rotateKey(sql, ACCOUNT, ID, 1, material(2));
  return [before, exportKeys(sql, ACCOUNT)];
}

test("a KMS key that a later backup has rotated is rotated again without an error", async () => {
  const [before, after] = await inDirectory("rotated", rotatedKey);
  await inDirectory("restored", (sql) => {
    if (before === undefined || after === undefined) throw new Error("no backups");
    importKeys(sql, ACCOUNT, before);
    expect(clashingKey(sql, ACCOUNT, after)).toBeUndefined();
    importKeys(sql, ACCOUNT, after);
    expect(openKey(sql, ACCOUNT, { region: "us-east-1", name: ID })).toMatchObject({
      version: 2,
      sealedMaterial: material(2),
    });
    expect(rotateKey(sql, ACCOUNT, ID, 2, material(3))).toMatchObject({ version: 3 });
    // And an earlier backup takes nothing back.
    importKeys(sql, ACCOUNT, before);
    expect(openKey(sql, ACCOUNT, { region: "us-east-1", name: ID })).toMatchObject({ version: 3 });
  });
});

test("a KMS key that was rotated in another way is told, since what is under it could not be opened", async () => {
  const [before, after] = await inDirectory("rotated-otherwise", rotatedKey);
  await inDirectory("restored-otherwise", (sql) => {
    if (before === undefined || after === undefined) throw new Error("no backups");
    importKeys(sql, ACCOUNT, before);
    rotateKey(sql, ACCOUNT, ID, 1, material(9));
    sql.exec("UPDATE kms_material SET created_ms = created_ms + 1 WHERE version = 2");
    expect(clashingKey(sql, ACCOUNT, before)).toBeUndefined();
    expect(clashingKey(sql, ACCOUNT, after)).toBe(ID);
  });
});
