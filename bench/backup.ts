import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { s3Api } from "./api.ts";
import type { Call } from "./connection.ts";
import { Client } from "./load.ts";
import { buildPackage, CREDENTIALS, ledgeServe } from "./programs.ts";
import type { Table } from "./report.ts";
import { hostOf, projectFolder, type Server, startServer } from "./server.ts";
import { median, spread } from "./statistics.ts";
import { RawSigner } from "../test/support/raw-signer.ts";

const VERSIONS = 40_000;
const SMALL = Buffer.alloc(1024, "x");
const BLOBS = 128;
const BLOB_BYTES = 8 * 1024 * 1024;
const ROUNDS = 3;
const MIB = (BLOBS * BLOB_BYTES) / 1024 ** 2;

/** 40,000 versions and 1 GiB in blobs, backed up and restored as a whole, beside `cp -r` of the data folder and beside `tar`. */
export async function measureBackup(): Promise<readonly Table[]> {
  buildPackage();
  const place = await mkdtemp(path.join(tmpdir(), "ledge-bench-backup-"));
  await using server = await startFilled();
  const data = server.dataFolder;
  const at = (name: string): string => path.join(place, name);
  const begin = async (): Promise<void> => {
    for (const name of ["copied", "kept", "fresh"])
      await rm(at(name), { recursive: true, force: true });
    // As a new machine gets it.
    mkdirSync(at("fresh"), { mode: 0o700 });
    copyFileSync(path.join(data, "master-key"), path.join(at("fresh"), "master-key"));
  };
  const ledge = (...args: readonly string[]) =>
    [process.execPath, path.join(projectFolder, "dist", "ledge.js"), ...args] as const;
  const steps: Readonly<Record<string, readonly string[]>> = {
    "cp -r, and sync": ["sh", "-c", `cp -r "${data}" "${at("copied")}" && sync -f "${place}"`],
    "tar, and sync": ["sh", "-c", `tar cf "${at("data.tar")}" "${data}" && sync -f "${place}"`],
    "ledge backup --all": ledge("backup", "--all", at("kept"), "--data", data),
    "the same again": ledge("backup", "--all", at("kept"), "--data", data),
    "ledge restore --verify": ledge("restore", "--all", at("kept"), "--verify"),
    "ledge restore --all": ledge("restore", "--all", at("kept"), "--data", at("fresh")),
  };
  const seconds = new Map(Object.keys(steps).map((name) => [name, [] as number[]]));
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      await begin();
      for (const [name, command] of Object.entries(steps))
        seconds.get(name)?.push(await secondsOf(command));
    }
  } finally {
    await rm(place, { recursive: true, force: true });
  }
  const copies = seconds.get("cp -r, and sync") ?? [];
  const measurements = [...seconds].map(([name, taken]) => ({
    name,
    figures: {
      seconds: median(taken).toFixed(1),
      "MiB/s": (MIB / median(taken)).toFixed(0),
      "times cp": spread(taken.map((each, i) => each / (copies[i] ?? Number.NaN))),
    },
    target: undefined,
    isMet: undefined,
  }));
  return [{ title: "40,000 versions, and 1 GiB of blobs", measurements }];
}

/** A server that was stopped, with its data. */
async function startFilled(): Promise<Server> {
  const server = await startServer(ledgeServe("node"));
  const api = s3Api(new RawSigner(CREDENTIALS, hostOf(server)), "bench");
  const client = new Client(server, 16);
  await client.once(await api.makeBucket());
  for (let from = 0; from < VERSIONS - BLOBS; from += 5000) {
    const count = Math.min(5000, VERSIONS - BLOBS - from);
    const calls: Promise<Call>[] = Array.from({ length: count }, (_, i) =>
      api.put(`small/${from + i}`, SMALL),
    );
    await client.once(await Promise.all(calls));
  }
  for (let i = 0; i < BLOBS; i += 1)
    await client.once([await api.put(`large/${i}`, randomBytes(BLOB_BYTES))]);
  await server.stop();
  return server;
}

async function secondsOf([file = "", ...args]: readonly string[]): Promise<number> {
  const began = performance.now();
  const child = spawn(file, args, { stdio: ["ignore", "ignore", "inherit"] });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`${file} ${args.join(" ")} ended with ${code}`);
  return (performance.now() - began) / 1000;
}
