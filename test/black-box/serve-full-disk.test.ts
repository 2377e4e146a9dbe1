import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LedgeProcess, startLedge } from "../support/ledge-process.ts";
import { expectSdkError, sdkClient, uniqueBucket } from "../support/sdk.ts";

const MIB = 1024 * 1024;
const WAIT = { timeout: 10_000, interval: 100 };

/** A file system of 16 MiB; undefined when this user may not have one. */
function smallDisk(): string | undefined {
  const folder = mkdtempSync(path.join(tmpdir(), "ledge-full-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=16m", "tmpfs", folder], { stdio: "ignore" });
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    console.warn("no small disk can be mounted (that takes root): full disks are not tested");
    return undefined;
  }
}

const disk = process.platform === "linux" ? smallDisk() : undefined;

let ledge: LedgeProcess;
let s3: S3Client;
/** As users have it: it repeats what was refused with 503. */
let patient: S3Client;
let Bucket: string;
beforeAll(async () => {
  if (disk === undefined) return;
  const dataFolder = path.join(disk, "data");
  ledge = await startLedge({ dataFolder, variables: { GARBAGE_DELAY_SECONDS: "0" } });
  s3 = sdkClient(ledge);
  patient = sdkClient(ledge, { maxAttempts: 5 });
  Bucket = await uniqueBucket(s3);
});
afterAll(async () => {
  await ledge?.stop();
  if (disk === undefined) return;
  execFileSync("umount", ["-l", disk]);
  rmSync(disk, { recursive: true, force: true });
});

const put = (Key: string, sizeBytes: number) =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body: Buffer.alloc(sizeBytes, Key) }));

const isAccepted = (key: string, sizeBytes: number): Promise<boolean> =>
  put(key, sizeBytes).then(
    () => true,
    () => false,
  );

/** @returns the keys that were acknowledged */
async function putUntilRefused(prefix: string, sizeBytes: number): Promise<string[]> {
  const keys: string[] = [];
  for (;;) {
    const key = `${prefix}${keys.length}`;
    try {
      await put(key, sizeBytes);
    } catch (error) {
      expect(error).toMatchObject({ name: "ServiceUnavailable", message: /no room left/ });
      return keys;
    }
    keys.push(key);
  }
}

function availableBytes(): number {
  const { bavail, bsize } = statfsSync(disk ?? "");
  return bavail * bsize;
}

test.skipIf(disk === undefined)(
  "a full disk refuses writes by name, loses nothing, and is emptied by deletes",
  async () => {
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "u" }));
    const large = await putUntilRefused("large", MIB);
    const small = await putUntilRefused("small", 10_000);
    expect(large.length).toBeGreaterThan(5);
    await expectSdkError(put("another", 5 * MIB), 503, "ServiceUnavailable");
    const first = await s3.send(new GetObjectCommand({ Bucket, Key: large[0] }));
    const bytes = Buffer.from((await first.Body?.transformToByteArray()) ?? []);
    expect(bytes.equals(Buffer.alloc(MIB, large[0]))).toBe(true);

    await patient.send(new AbortMultipartUploadCommand({ Bucket, Key: "u", UploadId }));
    for (const Key of small) await patient.send(new DeleteObjectCommand({ Bucket, Key }));
    const Objects = large.map((Key) => ({ Key }));
    const { Errors } = await patient.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects } }),
    );
    expect(Errors).toBeUndefined();
    await expect.poll(() => isAccepted("again", 5 * MIB), WAIT).toBe(true);
  },
);

test.skipIf(disk === undefined)(
  "a disk that something else has filled to the last byte still lets objects be deleted",
  async () => {
    await put("blob", 100_000);
    await put("inline", 100);
    const junk = path.join(disk ?? "", "junk");
    const fill = (): void => {
      try {
        for (;;) writeFileSync(junk, Buffer.alloc(64 * 1024), { flag: "a" });
      } catch {
        // Not a byte is left.
      }
    };
    fill();
    expect(availableBytes()).toBe(0);
    await expect.poll(availableBytes, WAIT).toBeGreaterThan(0);
    for (const Key of ["blob", "inline"])
      await patient.send(new DeleteObjectCommand({ Bucket, Key }));
    await expect.poll(() => isAccepted("more", 100), WAIT).toBe(false);
    await expectSdkError(s3.send(new GetObjectCommand({ Bucket, Key: "blob" })), 404, "NoSuchKey");
    rmSync(junk);
    await expect.poll(() => isAccepted("more", 100), WAIT).toBe(true);
  },
);
