import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { backUpBucket } from "../../cli/maintenance/backup/backup.ts";
import type { BackupStore } from "../../cli/maintenance/backup/backup-store.ts";
import { folderStore } from "../../cli/maintenance/backup/folder-store.ts";
import { restoreBucket } from "../../cli/maintenance/backup/restore.ts";
import { SignedRequests } from "../../cli/maintenance/signed-requests.ts";
import { type Ledge, startLedge } from "../../cli/testing.ts";
import { shardOfKey } from "../../src/storage/wire/slots.ts";
import { findings } from "../support/check-folder.ts";

const SHARDS = 4;
const KEYS = Array.from({ length: 24 }, (_, i) => `key-${i}`);
const silent = { progress() {}, lost() {} };
const XML = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";

let folder: string;
let ledge: Ledge;
let fresh: Ledge;
let requests: SignedRequests;
let toFresh: SignedRequests;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "ledge-growing-backup-"));
  const args = ["--var", "INDEX_SHARDS:1", "--fsync", "false"];
  ledge = await startLedge({ dataFolder: path.join(folder, "data"), args });
  const freshFolder = path.join(folder, "fresh");
  await mkdir(freshFolder);
  await copyFile(path.join(folder, "data/master-key"), path.join(freshFolder, "master-key"));
  fresh = await startLedge({ dataFolder: freshFolder, args });
  [requests, toFresh] = [requestsTo(ledge), requestsTo(fresh)];
});
afterAll(async () => {
  for (const each of [requests, toFresh]) each.close();
  for (const each of [ledge, fresh]) await each.stop();
  await rm(folder, { recursive: true, force: true });
});

function requestsTo({ endpoint, region, credentials }: Ledge): SignedRequests {
  return new SignedRequests({ url: endpoint, region, ...credentials });
}

const grow = (to: SignedRequests, bucket: string) =>
  to.json<{ growingTo?: number }>("POST", `/_ledge/buckets/${bucket}/grow`, {
    body: Buffer.from(`{"shards":${SHARDS}}`),
  });

/** The first rows are in the store when this happens. */
function afterFirstRows(store: BackupStore, happens: () => Promise<void>): BackupStore {
  let isFirst = true;
  return {
    ...store,
    async write(name, content) {
      await store.write(name, content);
      if (!name.includes("/rows-") || !isFirst) return;
      isFirst = false;
      await happens();
    },
  };
}

async function growAndChange(bucket: string): Promise<void> {
  while ((await grow(requests, bucket)).growingTo !== undefined);
  for (const key of KEYS) {
    const object = `/${bucket}/${key}`;
    if (key.endsWith("3")) await requests.done("DELETE", object);
    else await requests.done("PUT", object, { body: Buffer.from("two") });
  }
}

/** Bodies by key; undefined: there is no such object. */
async function bodies(of: SignedRequests, bucket: string): Promise<(string | undefined)[]> {
  return Promise.all(
    KEYS.map((key) =>
      of.send("GET", `/${bucket}/${key}`).then(
        (answer) => text(answer),
        () => undefined,
      ),
    ),
  );
}

test.for(["plain", "versions"])(
  "a backup of a bucket that grows meanwhile can be restored, and each key is as it was at one moment: %s",
  async (bucket) => {
    await requests.done("PUT", `/${bucket}`);
    if (bucket === "versions")
      await requests.done("PUT", `/${bucket}`, {
        query: { versioning: "" },
        body: Buffer.from(XML),
      });
    for (const key of KEYS)
      await requests.done("PUT", `/${bucket}/${key}`, { body: Buffer.from("one") });
    const store = afterFirstRows(folderStore(path.join(folder, bucket)), () =>
      growAndChange(bucket),
    );
    const manifest = await backUpBucket(requests, store, bucket, silent);
    await restoreBucket(toFresh, store, manifest, bucket, silent);

    const restored = await bodies(toFresh, bucket);
    for (const [i, key] of KEYS.entries()) {
      const hasMoved = shardOfKey(key, SHARDS) !== 0;
      // That a key of a bucket without versions was deleted after it was read, nothing tells.
      const isGone = hasMoved && key.endsWith("3") && bucket === "versions";
      const body = hasMoved && !key.endsWith("3") ? "two" : "one";
      expect(restored[i], key).toBe(isGone ? undefined : body);
    }
    const { endpoint, region, credentials } = fresh;
    const place = { dataFolder: undefined, settings: {}, endpoint, region, ...credentials };
    expect(await findings(place, { isDeep: false, buckets: [bucket] })).toEqual([]);
  },
);

test("a bucket does not grow while it is restored: its rows would be in shards that nobody asks", async () => {
  await requests.done("PUT", "/source");
  await requests.done("PUT", "/source/k", { body: Buffer.from("body") });
  const store = folderStore(path.join(folder, "source"));
  const manifest = await backUpBucket(requests, store, "source", silent);
  const restoring = requestsTo(fresh);
  const done = restoring.done.bind(restoring);
  restoring.done = async (method, to, options) => {
    if (!to.endsWith("/finish")) return done(method, to, options);
    await expect(grow(toFresh, "source")).rejects.toMatchObject({ code: "OperationAborted" });
    return done(method, to, options);
  };
  await restoreBucket(restoring, store, manifest, "source", silent);
  restoring.close();
  while ((await grow(toFresh, "source")).growingTo !== undefined);
  expect(await text(await toFresh.send("GET", "/source/k"))).toBe("body");
});
