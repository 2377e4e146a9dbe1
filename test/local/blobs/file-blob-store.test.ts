import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { fileBlobStore } from "../../../local/blobs/file-blob-store.ts";
import { FixedLengthStream } from "../../../local/streams/fixed-length-stream.ts";
import { patternOf } from "../../support/bytes.ts";
import {
  newPrefix,
  sourceOf,
  testBlobStore,
  testEncryptedBlobStore,
} from "../../support/blob-store-tests.ts";

// As the platform has it.
Object.assign(globalThis, { FixedLengthStream });

const root = mkdtempSync(path.join(tmpdir(), "ledge-blobs-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe.for([true, false])("the blob store over files, with isSynced %s", (isSynced) => {
  testBlobStore(fileBlobStore(root, { isSynced }));
  testEncryptedBlobStore(fileBlobStore(root, { isSynced }));
});

test("files and folders are for nobody else to read, whatever the process's mask is", async () => {
  const prefix = newPrefix();
  const mask = process.umask(0);
  try {
    const source = sourceOf(patternOf(10));
    await fileBlobStore(root, { isSynced: true }).write(prefix + "a".repeat(26), source, undefined);
  } finally {
    process.umask(mask);
  }
  const [bucket = ""] = prefix.split("/");
  const folder = path.join(root, bucket);
  const entries = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const modes = [folder, ...entries.map((name) => path.join(folder, name))].map((entry) =>
    (statSync(entry).mode & 0o777).toString(8),
  );
  expect(modes).toEqual(["700", "700", "700", "700", "600"]);
});
