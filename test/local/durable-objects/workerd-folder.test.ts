import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { expect, onTestFinished, test, vi } from "vitest";
import { binaryPath } from "../../../cli/workerd-process.ts";
import { Namespace } from "../../../local/durable-objects/namespace.ts";
import { BucketIndexObject } from "../../../src/storage/bucket-shard/durable-object.ts";
import { bucketDirectoryClient } from "../../../src/storage/clients/bucket-directory-client.ts";
import { bucketIndexClient } from "../../../src/storage/clients/bucket-index-client.ts";
import { DirectoryObject } from "../../../src/storage/directory-object/durable-object.ts";
import type { BucketRecord } from "../../../src/storage/ports/bucket-directory.ts";
import { entryName } from "../../../src/storage/ports/bucket-index.ts";
import { notesIn, temporaryFolder } from "../../support/local-objects.ts";

const SCRIPT = path.resolve(import.meta.dirname, "../../support/workerd-notes.js");

const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "notes")],
  services = [
    (name = "notes", worker = .notes),
    (name = "objects", disk = (path = "FOLDER", writable = true)),
  ],
);
const notes :Workerd.Worker = (
  modules = [(name = "notes.js", esModule = embed "SCRIPT")],
  compatibilityDate = "2026-11-01",
  bindings = [(name = "NOTES", durableObjectNamespace = "Notes")],
  durableObjectNamespaces = [(className = "Notes", uniqueKey = "notes", enableSql = true)],
  durableObjectStorage = (localDisk = "objects"),
);
`;

interface Workerd {
  call(name: string, method: string, ...given: unknown[]): Promise<unknown>;
  /** With its log as it stands. */
  kill(): Promise<void>;
}

/** workerd's own notes, on the folder of a namespace. */
async function workerdOn(folder: string): Promise<Workerd> {
  const config = path.join(temporaryFolder(), "config.capnp");
  writeFileSync(config, CONFIG.replace("FOLDER", folder).replace("SCRIPT", SCRIPT));
  const child: ChildProcess = spawn(binaryPath(), ["serve", "-I/", "--control-fd=3", config], {
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "close");
  };
  onTestFinished(kill);
  const [line] = await once(createInterface({ input: child.stdio[3] as Readable }), "line");
  const { port }: { port: number } = JSON.parse(String(line));
  return {
    kill,
    async call(name, method, ...given) {
      const response = await fetch(`http://127.0.0.1:${port}/${name}/${method}`, {
        method: "POST",
        body: JSON.stringify(given),
      });
      return response.json();
    },
  };
}

test("what this platform wrote, workerd reads, and the other way round", async () => {
  const folder = temporaryFolder();
  const later = Date.now() + 3_600_000;
  const here = notesIn(folder);
  await here.getByName("a").add("from here");
  await here.getByName("a").wakeAt(later);
  await here.getByName("b").wakeAt(Date.now());
  // It rings there: here, the server has stopped.
  await here.close();

  const there = await workerdOn(folder);
  expect(await there.call("a", "all")).toEqual(["from here"]);
  expect(await there.call("a", "wakesAt")).toBe(later);
  await there.call("a", "add", "from there");
  await there.call("a", "wakeAt", later + 1);
  await there.call("c", "wakeAt", later + 2);
  await there.kill();

  const told = { rung: [] as (string | undefined)[] };
  const again = notesIn(folder, {
    alarm: async ({ name }) => void told.rung.push(name),
  });
  expect(await again.getByName("a").all()).toEqual(["from here", "from there"]);
  expect(await again.getByName("a").wakesAt()).toBe(later + 1);
  expect(await again.getByName("c").wakesAt()).toBe(later + 2);
  await again.getByName("a").add("from here again");
  await again.close();

  const thereAgain = await workerdOn(folder);
  const texts = ["from here", "from there", "from here again"];
  expect(await thereAgain.call("a", "all")).toEqual(texts);
});

test("an alarm that was set here rings in workerd", async () => {
  const folder = temporaryFolder();
  const here = notesIn(folder);
  // Soon, but not before this server has stopped.
  await here.getByName("a").wakeAt(Date.now() + 500);
  await here.close();
  const there = await workerdOn(folder);
  const rung = async (): Promise<void> => expect(await there.call("a", "all")).toEqual(["rung: a"]);
  await vi.waitFor(rung, { timeout: 20_000 });
});

/** What the fixture says of a bucket. */
interface Earlier {
  readonly bucket: { readonly Name: string };
  readonly objects: readonly { readonly listed: { readonly Key: string } }[];
}

/** Of wrangler.toml, where every setting has a value. */
function settings(): Record<string, string> {
  const text = readFileSync(path.resolve(import.meta.dirname, "../../../wrangler.toml"), "utf8");
  const lines = text.matchAll(/^([A-Z_]+) = "(.*)"$/gm);
  return Object.fromEntries(Array.from(lines, ([, name = "", value = ""]) => [name, value]));
}

test("the index of a data folder that Ledge on workerd wrote is read", async () => {
  const folder = temporaryFolder();
  const fixture = path.resolve(import.meta.dirname, "../../fixtures/data-folder-1");
  mkdirSync(folder, { recursive: true });
  cpSync(path.join(fixture, "data/index"), folder, { recursive: true });
  // Bindings that nothing here comes to are not there.
  const env = settings() as unknown as Cloudflare.Env;
  const buckets = new Namespace(DirectoryObject, { folder, uniqueKey: "ledge-directory", env });
  const shards = new Namespace(BucketIndexObject, { folder, uniqueKey: "ledge-index", env });
  onTestFinished(() => Promise.all([shards.close(), buckets.close()]).then(() => undefined));
  const earlier: Earlier[] = JSON.parse(readFileSync(path.join(fixture, "answers.json"), "utf8"));
  // The clients know more of the types than these namespaces have.
  const directory = bucketDirectoryClient(
    buckets as unknown as DurableObjectNamespace<DirectoryObject>,
  );
  const allShards = shards as unknown as DurableObjectNamespace<BucketIndexObject>;
  for (const { bucket, objects } of earlier) {
    const record = await directory.find(bucket.Name);
    if (record === undefined) throw new Error(`${bucket.Name} is not there`);
    const buckets = { caughtUp: (known: BucketRecord) => Promise.resolve(known) };
    const index = bucketIndexClient(allShards, directory, buckets, record);
    const query = { prefix: "", delimiter: "", after: "", limit: 1000 };
    const { entries } = await index.list(query);
    expect(entries.map(entryName), bucket.Name).toEqual(objects.map(({ listed }) => listed.Key));
  }
  expect(earlier.length).toBeGreaterThan(1);
});
