import { readdirSync, readFileSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, test, vi } from "vitest";
import { startLedge } from "../../cli/testing.ts";
import { blobIds } from "../support/data-folder.ts";
import { everythingStored } from "../support/everything-stored.ts";
import { sdkClient } from "../support/sdk.ts";

const FIXTURES = path.resolve(import.meta.dirname, "../fixtures");
const EARLIER = readdirSync(FIXTURES).filter((name) => /^data-folder-\d+$/.test(name));

test.for(EARLIER)("%s, of an earlier version, is read, written and cleaned up", async (name) => {
  await using folder = await copyOf(path.join(FIXTURES, name, "data"));
  const answers: object[] = JSON.parse(
    readFileSync(path.join(FIXTURES, name, "answers.json"), "utf8"),
  );
  const blobCount = (await blobIds(folder.path)).length;
  await using ledge = await started(folder.path);
  const s3 = sdkClient(ledge);
  expect(await everythingStored(s3)).toMatchObject(answers);

  // What an overwrite had left behind is due by now; the blobs that something refers to stay.
  const isCleanedUp = async () => (await blobIds(folder.path)).length === blobCount - 1;
  await vi.waitUntil(isCleanedUp, { timeout: 20_000 });
  const Bucket = "earlier";
  await s3.send(new PutObjectCommand({ Bucket, Key: "inline", Body: Buffer.alloc(20_000) }));
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "blob" }));
  const now = JSON.stringify(await everythingStored(s3));
  expect(now).toContain('"Key":"inline","LastModified"');
  expect(now).not.toContain('"Key":"blob"');
});

async function copyOf(data: string) {
  const copy = await mkdtemp(path.join(tmpdir(), "ledge-earlier-"));
  await cp(data, copy, { recursive: true });
  return {
    path: copy,
    [Symbol.asyncDispose]: () => rm(copy, { recursive: true, force: true }),
  };
}

async function started(dataFolder: string) {
  const ledge = await startLedge({ dataFolder });
  return { ...ledge, [Symbol.asyncDispose]: () => ledge.stop() };
}
