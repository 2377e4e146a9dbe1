import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe } from "vitest";
import { fileBlobStore } from "../../../local/blobs/file-blob-store.ts";
import { testBlobStore } from "../../support/blob-store-tests.ts";

const root = mkdtempSync(path.join(tmpdir(), "ledge-blobs-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe.for([true, false])("the blob store over files, with isSynced %s", (isSynced) => {
  testBlobStore(fileBlobStore(root, { isSynced }));
});
