import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { removeUnfinishedUploads } from "../../cli/unfinished-uploads.ts";
import { arrivedBytes, blobIds } from "../support/data-folder.ts";
import { type LedgeProcess, startLedge } from "../support/ledge-process.ts";
import { presign, sdkClient, uniqueBucket } from "../support/sdk.ts";

const SIZE_BYTES = 4 * 1024 * 1024;
const HALF = Buffer.alloc(SIZE_BYTES / 2, "half");
const WAIT = { timeout: 20_000, interval: 20 };

/** Half of an upload is with the server. */
async function uploadHalf(ledge: LedgeProcess, bucket: string, key: string) {
  const { host, pathname, search } = new URL(await presign(ledge, "PUT", `/${bucket}/${key}`));
  const socket = connect(ledge.port, "127.0.0.1");
  await once(socket, "connect");
  const head = `PUT ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${SIZE_BYTES}`;
  socket.write(`${head}\r\n\r\n`);
  socket.write(HALF);
  // It ends when the server does.
  socket.on("error", () => undefined);
  return socket;
}

async function unfinished(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => path.basename(name).startsWith("."));
}

test("what an upload was writing when the server died is gone after the next start", async () => {
  let ledge = await startLedge();
  try {
    const { dataFolder } = ledge;
    const blobs = path.join(dataFolder, "blobs");
    const bucket = await uniqueBucket(sdkClient(ledge));
    await uploadHalf(ledge, bucket, "died");
    await vi.waitUntil(async () => (await arrivedBytes(dataFolder)) >= SIZE_BYTES / 4, WAIT);
    await ledge.kill("SIGKILL");
    const [left, ...others] = await unfinished(blobs);
    expect(left).toBeDefined();
    expect(others).toEqual([]);

    ledge = await startLedge({ dataFolder });
    const socket = await uploadHalf(ledge, bucket, "lives");
    await vi.waitUntil(async () => !(await unfinished(blobs)).includes(left ?? ""), WAIT);
    socket.write(HALF);
    expect(String((await once(socket, "data"))[0])).toContain("HTTP/1.1 200 OK");
    socket.destroy();
    expect(await blobIds(dataFolder)).toHaveLength(1);
    expect(await unfinished(blobs)).toEqual([]);
  } finally {
    await ledge.stop();
  }
});

test("only unfinished files of an earlier server are removed", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "ledge-unfinished-"));
  try {
    const startedMs = Date.now();
    const earlier = new Date(startedMs - 1000);
    const deep = path.join(folder, "bucket/0/01m8/3r0");
    await mkdir(deep, { recursive: true });
    for (const name of [".old.12.0.tmp", "blob", ".hidden"]) {
      await writeFile(path.join(deep, name), "");
      await utimes(path.join(deep, name), earlier, earlier);
    }
    await writeFile(path.join(deep, ".new.12.1.tmp"), "");
    await utimes(path.join(deep, ".new.12.1.tmp"), earlier, new Date(startedMs));
    expect(await removeUnfinishedUploads(folder, startedMs)).toBe(1);
    expect((await readdir(deep)).toSorted()).toEqual([".hidden", ".new.12.1.tmp", "blob"]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
