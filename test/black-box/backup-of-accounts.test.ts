import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { folderStore } from "../../cli/maintenance/backup/folder-store.ts";
import {
  backUpInstallation,
  type InstallationManifest,
  readInstallation,
  restoreInstallation,
  verifyInstallation,
} from "../../cli/maintenance/backup/installation.ts";
import { writeJsonFile } from "../../cli/maintenance/backup/manifest.ts";
import { SignedRequests } from "../../cli/maintenance/signed-requests.ts";
import { type Ledge, startLedge } from "../../cli/testing.ts";
import { findings } from "../support/check-folder.ts";
import {
  ACCOUNT_KEYS,
  act,
  fillVariedAccounts,
  type Keys,
  visibleAccounts,
} from "../support/varied-accounts.ts";
import { dyingRequests, dyingStore } from "../support/dying.ts";

const ARGS = ["--var", "INDEX_SHARDS:2", "--fsync", "false"];
const silent = { progress() {}, lost() {}, bucket() {}, leftOut() {} };

let folder: string;
let ledge: Ledge;
let requests: SignedRequests;
let alice: Keys;
let original: object;
let manifest: InstallationManifest;
const places: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "ledge-accounts-backup-"));
  ({ ledge, requests } = await start("data"));
  alice = await fillVariedAccounts(ledge, requests);
  const ofAccount = new SignedRequests({ ...endpointOf(ledge), ...ACCOUNT_KEYS });
  await ofAccount.done("PUT", "/of-the-account");
  for (const key of ["a", "b"])
    await ofAccount.done("PUT", `/of-the-account/${key}`, {
      body: Buffer.alloc(20_000, key),
      headers: { "x-amz-server-side-encryption": "aws:kms" },
    });
  ofAccount.close();
  await requests.done("PUT", "/of-the-root");
  await requests.done("PUT", "/of-the-root/small", { body: Buffer.from("small") });
  original = await visibleAccounts(ledge, requests);
  manifest = await backUpInstallation(requests, folderStore(path.join(folder, "store")), silent);
});
afterAll(async () => {
  for (const each of places) await each.stop();
  await rm(folder, { recursive: true, force: true });
});

const endpointOf = ({ endpoint: url, region }: Ledge) => ({ url, region });

/** @param hasOurMasterKey as a new machine gets it */
async function start(
  name: string,
  hasOurMasterKey = name !== "data",
): Promise<{ ledge: Ledge; requests: SignedRequests; dataFolder: string }> {
  const dataFolder = path.join(folder, name);
  await mkdir(dataFolder, { mode: 0o700 });
  if (hasOurMasterKey)
    await copyFile(path.join(folder, "data/master-key"), path.join(dataFolder, "master-key"));
  const started = await startLedge({ dataFolder, args: ARGS });
  const client = new SignedRequests({ ...endpointOf(started), ...started.credentials });
  places.push({
    async stop() {
      client.close();
      await started.stop();
    },
  });
  return { ledge: started, requests: client, dataFolder };
}

const store = () => folderStore(path.join(folder, "store"));
const bucketsOf = async (to: SignedRequests): Promise<readonly string[]> =>
  (await to.json<{ buckets: readonly { name: string }[] }>("GET", "/_ledge/buckets")).buckets.map(
    ({ name }) => name,
  );

describe("a backup of everything", () => {
  test("is, restored on an empty machine, the same accounts with the same keys, and their buckets", async () => {
    expect(await verifyInstallation(store(), manifest)).toBe(2);
    const fresh = await start("fresh");
    const read = await readInstallation(store(), undefined);
    const restored = await restoreInstallation(fresh.requests, store(), read, silent);
    expect(restored).toMatchObject({ buckets: ["of-the-account", "of-the-root"], leftAlone: [] });
    expect(await visibleAccounts(fresh.ledge, fresh.requests)).toEqual(original);
    const asAlice = new SignedRequests({ ...endpointOf(fresh.ledge), ...alice });
    await asAlice.done("GET", "/");
    // She may list buckets, by her group, and nothing else.
    await expect(asAlice.done("GET", "/of-the-account/a")).rejects.toMatchObject({
      code: "AccessDenied",
    });
    asAlice.close();
    const asRoot = new SignedRequests({ ...endpointOf(fresh.ledge), ...ACCOUNT_KEYS });
    const { headers } = await asRoot.done("GET", "/of-the-account/a");
    expect(headers["content-length"]).toBe("20000");
    asRoot.close();
    // The same once more brings nothing twice.
    expect(await restoreInstallation(fresh.requests, store(), read, silent)).toEqual({
      ...{ rows: 0, buckets: ["of-the-account", "of-the-root"], leftAlone: [] },
    });
    const audit = await fresh.requests.json<{ events: { action: string }[] }>(
      "GET",
      "/_ledge/audit",
    );
    expect(audit.events.map(({ action }) => action)).toEqual([
      ...["ledge:FinishRestore", "ledge:BeginRestore", "ledge:FinishRestore", "ledge:BeginRestore"],
      ...["ledge:FinishAccountRestore", "ledge:BeginAccountRestore"],
    ]);
    const place = { dataFolder: undefined, settings: {}, endpoint: fresh.ledge.endpoint };
    const server = { ...place, region: fresh.ledge.region, ...fresh.ledge.credentials };
    expect(await findings(server)).toEqual([]);
  });

  test("names no snapshot of a bucket that somebody has taken away since it was interrupted", async () => {
    const store = folderStore(path.join(folder, "taken"));
    const { buckets } = await backUpInstallation(requests, store, silent);
    await writeJsonFile(store, "_installation/unfinished.json", {
      ...{ snapshot: "interrupted", startedAt: new Date().toISOString() },
      buckets: buckets.map(({ name }) => ({ name, snapshot: "gone" })),
    });
    const whole = await backUpInstallation(requests, store, silent);
    expect(await verifyInstallation(store, whole)).toBe(2);
  });

  test("that is killed again and again ends whole, and so does its restore", async () => {
    const killed = folderStore(path.join(folder, "killed"));
    let kills = 0;
    let whole: InstallationManifest | undefined;
    for (let writes = 3; whole === undefined; writes += 1) {
      whole = await backUpInstallation(requests, dyingStore(killed, writes), silent).catch(
        () => undefined,
      );
      if (whole === undefined) kills += 1;
    }
    expect(kills).toBeGreaterThan(3);
    expect(await verifyInstallation(killed, whole)).toBe(2);

    const fresh = await start("killed-restore");
    kills = 0;
    for (let sent = 1; ; sent += 1) {
      const mortal = dyingRequests(fresh.ledge, sent);
      try {
        await restoreInstallation(mortal, killed, whole, silent);
        break;
      } catch (error) {
        expect(String(error)).toContain("killed");
        kills += 1;
      } finally {
        mortal.close();
      }
    }
    expect(kills).toBeGreaterThan(5);
    expect(await visibleAccounts(fresh.ledge, fresh.requests)).toEqual(original);
    expect(await bucketsOf(fresh.requests)).toEqual(["of-the-account", "of-the-root"]);
  });

  test("half of it lets nobody in", async () => {
    const fresh = await start("half");
    const mortal = dyingRequests(fresh.ledge, 2);
    await expect(restoreInstallation(mortal, store(), manifest, silent)).rejects.toThrow("killed");
    mortal.close();
    await expect(act(fresh.ledge, ACCOUNT_KEYS, "ListUsers")).rejects.toThrow(
      "InvalidClientTokenId",
    );
  });
});

describe("a restore of everything is refused, before anything is written,", () => {
  test("under another MASTER_KEY, without which the backup is of no use", async () => {
    const fresh = await start("other-key", false);
    await expect(
      restoreInstallation(fresh.requests, store(), manifest, silent),
    ).rejects.toMatchObject({
      code: "InvalidRequest",
      message: expect.stringContaining("MASTER_KEY"),
    });
    expect(await bucketsOf(fresh.requests)).toEqual([]);
    const texts = await allText(path.join(folder, "store"));
    for (const { secretAccessKey } of [ACCOUNT_KEYS, alice]) {
      expect(texts).not.toContain(secretAccessKey);
      expect(texts).not.toContain(Buffer.from(secretAccessKey).toString("base64"));
    }
  });

  test("of another ACCOUNT_ID, which users and keys are of", async () => {
    const { accounts } = manifest;
    const another = {
      ...manifest,
      ...(accounts && { accounts: { ...accounts, accountId: "9".repeat(12) } }),
    };
    const fresh = await start("other-account");
    await expect(restoreInstallation(fresh.requests, store(), another, silent)).rejects.toThrow(
      "ACCOUNT_ID",
    );
    expect(await bucketsOf(fresh.requests)).toEqual([]);
  });

  test("where there are accounts, whose deleted keys it would bring back", async () => {
    await expect(restoreInstallation(requests, store(), manifest, silent)).rejects.toMatchObject({
      code: "EntityAlreadyExists",
    });
    expect(await visibleAccounts(ledge, requests)).toEqual(original);
  });

  test("when somebody has changed it, with sums that are right", async () => {
    const changed = path.join(folder, "changed");
    const { accounts } = manifest;
    const [file] = accounts?.files ?? [];
    if (accounts === undefined || file === undefined) throw new Error("there are no accounts");
    const rows = await readFile(path.join(folder, "store", file.name), "utf8");
    const content = Buffer.from(rows.replace("s3:ListAllMyBuckets", "s3:*"));
    expect(content.toString()).not.toBe(rows);
    await mkdir(path.dirname(path.join(changed, file.name)), { recursive: true });
    await writeFile(path.join(changed, file.name), content);
    const { createHash } = await import("node:crypto");
    const sha256 = createHash("sha256").update(content).digest("hex");
    const forged = { ...file, sizeBytes: content.byteLength, sha256 };
    const fresh = await start("changed-data");
    const attempt = (sha256s: readonly string[]) =>
      restoreInstallation(
        fresh.requests,
        folderStore(changed),
        { ...manifest, buckets: [], accounts: { ...accounts, sha256s, files: [forged] } },
        silent,
      );
    await expect(attempt([sha256])).rejects.toThrow("was changed");
    await expect(attempt(accounts.sha256s)).rejects.toThrow("Page 0 is not one of the backup");
  });
});

async function allText(place: string): Promise<string> {
  const names = await readdir(place, { recursive: true, withFileTypes: true });
  const files = names.filter((each) => each.isFile() && each.name.startsWith("accounts"));
  const texts = await Promise.all(
    files.map((each) => readFile(path.join(each.parentPath, each.name), "utf8")),
  );
  return texts.join("");
}
