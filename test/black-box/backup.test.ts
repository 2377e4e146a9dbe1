import { createHash } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { buffer, text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { backUpBucket } from "../../cli/maintenance/backup/backup.ts";
import type { BackupStore } from "../../cli/maintenance/backup/backup-store.ts";
import { folderStore } from "../../cli/maintenance/backup/folder-store.ts";
import {
  type Manifest,
  readManifest,
  sha256Of,
  unfinishedName,
  writeJsonFile,
} from "../../cli/maintenance/backup/manifest.ts";
import { restoreBucket } from "../../cli/maintenance/backup/restore.ts";
import { verifyBackup } from "../../cli/maintenance/backup/verify.ts";
import { s3Store } from "../../cli/maintenance/backup/s3-store.ts";
import { SignedRequests } from "../../cli/maintenance/signed-requests.ts";
import { type Ledge, startLedge } from "../../cli/testing.ts";
import { atRandom } from "../support/campaign.ts";
import { dyingRequests, dyingStore } from "../support/dying.ts";
import { findings } from "../support/check-folder.ts";
import { completeUploads, LARGE, fillVariedBucket, visible } from "../support/varied-bucket.ts";

const FEW_SHARDS = ["--var", "INDEX_SHARDS:4", "--fsync", "false"];
/** Requests, or files, that a run gets further than the one before it. */
const STEP = atRandom({ test: 12, campaign: 1 });
const silent = { progress() {}, lost() {} };

let folder: string;
let ledge: Ledge;
let requests: SignedRequests;
let original: object;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "ledge-backup-"));
  ledge = await startLedge({ dataFolder: path.join(folder, "data"), args: FEW_SHARDS });
  requests = requestsTo(ledge);
  await fillVariedBucket(requests, "varied");
  original = await visible(requests, "varied");
});
afterAll(async () => {
  requests.close();
  await ledge.stop();
  await rm(folder, { recursive: true, force: true });
});

function requestsTo({ endpoint, region, credentials }: Ledge): SignedRequests {
  return new SignedRequests({ url: endpoint, region, ...credentials });
}

describe("a backup", () => {
  test("is, restored on another server, the same bucket to every client", async () => {
    const store = folderStore(path.join(folder, "first"));
    const manifest = await backUpBucket(requests, store, "varied", silent);
    expect(await verifyBackup(store, manifest)).toBe(manifest.counts.blobs);

    const dataFolder = path.join(folder, "fresh");
    await mkdir(dataFolder);
    await copyFile(path.join(folder, "data/master-key"), path.join(dataFolder, "master-key"));
    // Other defaults do not matter.
    const fresh = await startLedge({ dataFolder, args: ["--fsync", "false"] });
    const toFresh = requestsTo(fresh);
    try {
      const read = await readManifest(store, "varied", undefined);
      await restoreBucket(toFresh, store, read, "varied", silent);
      expect(await visible(toFresh, "varied")).toEqual(original);
      const copied = await buffer(await requests.send("GET", "/varied/parts"));
      const whole = createHash("md5").update(copied).update(LARGE).digest("hex");
      expect(await completeUploads(toFresh, "varied")).toEqual({
        "begun/kms": whole,
        "begun/plain": whole,
        "under/customer": whole,
      });
      // What comes later is newer than all that was there.
      await toFresh.done("PUT", "/varied/small", { body: Buffer.from("four") });
      const { headers } = await toFresh.done("HEAD", "/varied/small");
      expect(headers["content-length"]).toBe("4");
      await expect(restoreBucket(toFresh, store, read, "varied", silent)).rejects.toMatchObject({
        code: "BucketAlreadyExists",
      });
    } finally {
      toFresh.close();
      await fresh.stop();
    }
    expect(await findings(dataFolder)).toEqual([]);
  });

  test("that is killed again and again ends whole, and so does its restore", async () => {
    const place = path.join(folder, "killed");
    const store = folderStore(place);
    let kills = 0;
    let manifest: Manifest | undefined;
    // One more than what an attempt needs before its first progress is kept.
    for (let writes = 5; manifest === undefined; writes += STEP) {
      manifest = await backUpBucket(requests, dyingStore(store, writes), "varied", silent).catch(
        () => undefined,
      );
      if (manifest === undefined) kills += 1;
    }
    expect(kills).toBeGreaterThan(0);
    expect(await verifyBackup(store, manifest)).toBe(manifest.counts.blobs);

    kills = 0;
    for (let sent = 2; ; sent += STEP) {
      const mortal = dyingRequests(ledge, sent);
      try {
        await restoreBucket(mortal, store, manifest, "resumed", silent);
        break;
      } catch (error) {
        expect(String(error)).toContain("killed");
        kills += 1;
      } finally {
        mortal.close();
      }
    }
    expect(kills).toBeGreaterThan(0);
    expect(await visible(requests, "resumed")).toEqual(original);
  });

  test("has the keys and the configuration of what was written while it was made", async () => {
    const used = await startLedge({ args: FEW_SHARDS });
    class Watched extends SignedRequests {
      #isBegun = false;

      override async json<T>(...args: Parameters<SignedRequests["json"]>): Promise<T> {
        const answer = await super.json<T>(...args);
        if (this.#isBegun || !args[1].endsWith("/backup")) return answer;
        this.#isBegun = true;
        const body = Buffer.from(
          "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
        );
        await this.done("PUT", "/used", { query: { versioning: "" }, body });
        const headers = { "x-amz-server-side-encryption": "aws:kms" };
        await this.done("PUT", "/used/secret", { headers, body: Buffer.from("secret") });
        return answer;
      }
    }
    const { endpoint: url, region, credentials } = used;
    const watched = new Watched({ url, region, ...credentials });
    try {
      await watched.done("PUT", "/used");
      const store = folderStore(path.join(folder, "used"));
      const manifest = await backUpBucket(watched, store, "used", silent);
      expect(manifest.counts.versions).toBe(1);
      expect(manifest.keys.materials).toHaveLength(1);
      expect(manifest.exported.documents.map(({ kind }) => kind)).toEqual(["versioning"]);
    } finally {
      watched.close();
      await used.stop();
    }
  });

  test("begins anew when somebody has taken away what an interrupted one had written", async () => {
    const store = folderStore(path.join(folder, "taken"));
    const first = await backUpBucket(requests, store, "varied", silent);
    const gone = { name: "varied/gone/rows-000001.jsonl", sizeBytes: 1, sha256: "00" };
    await writeJsonFile(store, unfinishedName("varied"), {
      ...{ snapshot: "gone", bucketId: first.exported.bucket.id, startedAt: first.startedAt },
      ...{ files: [gone], counts: first.counts, highestSequence: 1 },
      ...{ shard: 3, stage: "versions", after: "" },
    });
    const second = await backUpBucket(requests, store, "varied", silent);
    expect(second.counts).toEqual(first.counts);
    expect(await verifyBackup(store, second)).toBe(first.counts.blobs);
  });

  test("of large annotations is in files that a restore can read", async () => {
    await requests.done("PUT", "/annotated");
    for (const key of ["one", "two"]) {
      await requests.done("PUT", `/annotated/${key}`, { body: Buffer.from(key) });
      for (let i = 0; i < 5; i += 1)
        await requests.done("PUT", `/annotated/${key}`, {
          query: { annotation: "", annotationName: `a${i}` },
          body: Buffer.alloc(1024 * 1024, `${key} ${i}`),
        });
    }
    const store = folderStore(path.join(folder, "annotated"));
    const manifest = await backUpBucket(requests, store, "annotated", silent);
    expect(manifest.files.length).toBeGreaterThan(1);
    const sizes = manifest.files.map(({ sizeBytes }) => sizeBytes);
    expect(Math.max(...sizes)).toBeLessThan(10 * 1024 * 1024);
    await restoreBucket(requests, store, manifest, "annotated-again", silent);
    for (const key of ["one", "two"])
      for (let i = 0; i < 5; i += 1) {
        const query = { annotation: "", annotationName: `a${i}` };
        const read = await buffer(await requests.send("GET", `/annotated-again/${key}`, { query }));
        expect(read.equals(Buffer.alloc(1024 * 1024, `${key} ${i}`))).toBe(true);
      }
  });

  test("copies what is new only, to another S3 server as well", async () => {
    await requests.done("PUT", "/backups");
    const { endpoint: url, region, credentials } = ledge;
    const store = s3Store({ url, region, ...credentials }, "backups", "of/mine");
    const written: string[] = [];
    const watched: BackupStore = {
      ...store,
      async write(name, content) {
        written.push(name);
        await store.write(name, content);
      },
    };
    const first = await backUpBucket(requests, watched, "varied", silent);
    const blobs = written.filter((name) => name.includes("/blobs/"));
    expect(blobs).toHaveLength(first.counts.blobs);
    written.length = 0;
    const second = await backUpBucket(requests, watched, "varied", silent);
    expect(written.filter((name) => name.includes("/blobs/"))).toEqual([]);
    expect(second.counts).toEqual(first.counts);
    expect(await verifyBackup(store, second)).toBe(first.counts.blobs);
    await restoreBucket(requests, store, second, "from-s3", silent);
    const listed = await requests.send("GET", "/from-s3", { query: { versions: "" } });
    const elements = (await text(listed)).match(/<(?:Version|DeleteMarker)>/g);
    expect(elements).toHaveLength(second.counts.versions);
  });
});

describe("a backup that somebody has changed", () => {
  type Row = { version: { columns: Record<string, unknown>; [name: string]: unknown } };

  /** Restores a copy in which each version is as the function makes it, with sums that are right. */
  async function restoreChanged(change: (row: Row) => void, name: string): Promise<void> {
    const place = path.join(folder, "first");
    const store = folderStore(place);
    const manifest = await readManifest(store, "varied", undefined);
    const files = await Promise.all(
      manifest.files.map(async (file, i) => {
        const lines = (await readFile(path.join(place, file.name), "utf8")).trim().split("\n");
        const changed = lines.map((line) => {
          const row = JSON.parse(line) as Row;
          if ("version" in row) change(row);
          return JSON.stringify(row);
        });
        const content = Buffer.from(`${changed.join("\n")}\n`);
        const changedName = `varied/changed/${name}-${i}.jsonl`;
        await store.write(changedName, {
          sizeBytes: content.byteLength,
          chunks: (async function* () {
            yield content;
          })(),
        });
        return { name: changedName, sizeBytes: content.byteLength, sha256: sha256Of(content) };
      }),
    );
    await restoreBucket(requests, store, { ...manifest, files }, name, silent);
  }

  test.each<[what: string, change: (row: Row) => void]>([
    ["a number beyond all", ({ version }) => (version.columns["sequence"] = 2 ** 60)],
    ["a number that is none", ({ version }) => (version.columns["sequence"] = "1")],
    ["a negative size", ({ version }) => (version.columns["size_bytes"] = -1)],
    ["an unknown column", ({ version }) => (version.columns["x) VALUES (1); --"] = 1)],
    ["an empty key", ({ version }) => (version.columns["key"] = "")],
    ["headers that are no JSON", ({ version }) => (version.columns["headers"] = "{")],
    ["another version's id", ({ version }) => (version.columns["version_id"] = "0".repeat(32))],
    ["another table", ({ version }) => (version["table"] = "content")],
    ["a longer body", ({ version }) => (version["body"] &&= "AAAAAAAAAAAAAAAAAAAAAAAAAAAA")],
    [
      "a blob of another bucket",
      ({ version }) => (version.columns["content_id"] &&= "other/0/01m8ctf0byc843nx473wg1v8kk"),
    ],
    ["a path", ({ version }) => (version.columns["content_id"] &&= "../../../../etc/passwd")],
  ])("is refused: %s", async (what, change) => {
    const name = what.toLowerCase().replaceAll(/[^a-z]+/g, "-");
    await expect(restoreChanged(change, name)).rejects.toThrow(
      /The version of|is missing|is no name|cannot be read/,
    );
  });

  test("says nothing of which version is current: their numbers do", async () => {
    await restoreChanged(({ version }) => {
      if (version.columns["is_marker"] === 1) return;
      version["table"] = version["table"] === "object" ? "version" : "object";
    }, "exchanged");
    expect(await visible(requests, "exchanged")).toEqual(original);
  });

  test("leaves nothing behind that contradicts itself", async () => {
    const place = {
      dataFolder: undefined,
      settings: {},
      endpoint: ledge.endpoint,
      region: ledge.region,
    };
    expect(
      await findings(
        { ...place, ...ledge.credentials },
        {
          isDeep: false,
          buckets: ["a-number-beyond-all", "exchanged", "resumed"],
        },
      ),
    ).toEqual([]);
  });

  test("is refused when it is cut, or damaged", async () => {
    const place = path.join(folder, "killed");
    const store = folderStore(place);
    const manifest = await readManifest(store, "varied", undefined);
    const [rows] = manifest.files;
    const rowsPath = path.join(place, rows?.name ?? "");
    const whole = await readFile(rowsPath);
    await writeFile(rowsPath, whole.subarray(0, -5));
    await expect(verifyBackup(store, manifest)).rejects.toThrow("is damaged");
    await expect(restoreBucket(requests, store, manifest, "cut", silent)).rejects.toThrow(
      "is damaged",
    );
    await writeFile(rowsPath, whole);
    const blobs = await readdir(path.join(place, "varied/blobs"), { recursive: true });
    const blob = blobs.find((each) => each.split(path.sep).length === 3) ?? "";
    const blobPath = path.join(place, "varied/blobs", blob);
    const bytes = await readFile(blobPath);
    bytes.writeUInt8(bytes.readUInt8(10) ^ 1, 10);
    await writeFile(blobPath, bytes);
    await expect(verifyBackup(store, manifest)).rejects.toThrow("is damaged");
    await expect(restoreBucket(requests, store, manifest, "bent", silent)).rejects.toThrow(
      "is damaged",
    );
  });
});
