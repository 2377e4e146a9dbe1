import { expect, test } from "vitest";
import { commitOrDrop } from "../../../src/domain/body/drop-blob.ts";
import { S3Error } from "../../../src/protocol/errors.ts";
import type { BlobStore } from "../../../src/storage/ports/blob-store.ts";
import { inside, notesIn, temporaryFolder } from "../../support/local-objects.ts";

test("a caller who changes what he got changes nothing of the object's", async () => {
  const notes = notesIn(temporaryFolder()).getByName("a");
  const got = await notes.remember();
  got.bytes.fill(0);
  got.list.push({ n: 2 });
  Object.assign(got.list[0] ?? {}, { n: 9 });
  structuredClone(got.bytes.buffer, { transfer: [got.bytes.buffer] });
  expect(await notes.remember()).toEqual({
    text: "kept",
    bytes: new Uint8Array([1, 2, 3]),
    list: [{ n: 1 }],
  });
});

test("what an answer says is what it was when the method returned", async () => {
  const notes = notesIn(temporaryFolder()).getByName("a");
  // Held until what was written before is on disk.
  const [, answer] = await Promise.all([notes.add("one"), notes.remember(), notes.keep("other")]);
  expect(answer.list).toEqual([{ n: 1 }]);
});

test("a buffer that the caller uses again does not change what he gave", async () => {
  const notes = notesIn(temporaryFolder()).getByName("a");
  const pool = Buffer.from("0123456789");
  const given = { bytes: pool.subarray(2, 5), rows: [["a", pool.subarray(0, 2)]] };
  await notes.keep(given);
  pool.fill("x");
  given.rows.pop();
  const kept = await inside(notes, () => undefined).then(() => notes.given());
  expect(kept).toEqual({
    bytes: new Uint8Array(Buffer.from("234")),
    rows: [["a", new Uint8Array(Buffer.from("01"))]],
  });
  expect((kept as typeof given).bytes.constructor).toBe(Uint8Array);
});

test("a function cannot be given", async () => {
  const notes = notesIn(temporaryFolder()).getByName("a");
  await expect(notes.keep(() => 1)).rejects.toThrow(/could not be cloned/);
  await expect(notes.keep({ nested: [{ give: () => 1 }] })).rejects.toThrow(/could not be cloned/);
});

class OwnError extends Error {
  override readonly name = "OwnError";
  readonly status = 404;
}

test("an error loses its class and its properties on the way out, and keeps its text", async () => {
  const notes = notesIn(temporaryFolder()).getByName("a");
  const error = await inside(notes, () => {
    throw new OwnError("not here");
  }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Error);
  expect(error).not.toBeInstanceOf(OwnError);
  expect(error).toMatchObject({ message: "OwnError: not here", remote: true });
  expect(error).not.toHaveProperty("status");
});

test("after an error of a shard the bytes stay, whatever its class: the row may exist", async () => {
  const notes = notesIn(temporaryFolder()).getByName("a");
  const deleted: string[] = [];
  const blobs = { delete: async (ids: string[]) => void deleted.push(...ids) };
  const content = { kind: "blob", blobId: "b/0/1", sizeBytes: 1 } as const;
  const refuse = (): { ok: boolean } => {
    throw new S3Error("NoSuchUpload");
  };
  const commit = () => inside(notes, refuse);
  const committing = commitOrDrop(blobs as unknown as BlobStore, content, commit);
  await expect(committing).rejects.toThrow(/upload does not exist/);
  expect(deleted).toEqual([]);
});
