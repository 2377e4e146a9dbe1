import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import type { Credentials } from "../test/support/raw-signer.ts";
import { CREDENTIALS } from "./programs.ts";
import { HOST, type Program } from "./server.ts";

/** What is built or installed here stays for the next run. */
const CACHE = path.join(
  process.env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache"),
  "ledge-bench",
);

/** Another S3 server that Ledge is measured beside. */
interface Peer {
  readonly binary: string;
  /** The command that puts the binary into the cache. */
  readonly install: readonly [tool: string, ...parameters: string[]];
  /** Where in the cache it puts it. */
  readonly installed: string;
  readonly program: (binary: string) => Program;
  readonly credentials: Credentials;
  /** Before it answers a PUT, as `strace -f -e trace=fsync,fdatasync,openat` showed with 4 KiB, 64 KiB, and 10 MiB (2026-11). */
  readonly syncs: string;
}

/** By the names that `--against` takes. */
export const PEERS: Readonly<Record<string, Peer>> = {
  minio: {
    binary: "minio",
    // The last commit: https://github.com/minio/minio is archived, and has no tag that Go's modules know.
    install: ["go", "install", "github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c"],
    installed: "minio",
    program: (binary) => ({
      healthPath: "/",
      env: {
        MINIO_ROOT_USER: CREDENTIALS.accessKeyId,
        MINIO_ROOT_PASSWORD: CREDENTIALS.secretAccessKey,
        MINIO_BROWSER: "off",
      },
      command: (port, data) => [binary, "server", "--quiet", "--address", `${HOST}:${port}`, data],
    }),
    credentials: CREDENTIALS,
    syncs: "data, metadata",
  },
  versitygw: {
    binary: "versitygw",
    install: ["go", "install", "github.com/versity/versitygw/cmd/versitygw@v1.8.0"],
    installed: "versitygw",
    program: (binary) => ({
      healthPath: "/",
      env: {
        ROOT_ACCESS_KEY: CREDENTIALS.accessKeyId,
        ROOT_SECRET_KEY: CREDENTIALS.secretAccessKey,
      },
      command: (port, data) => [
        ...[binary, "--quiet", "--keep-alive", "--port", `${HOST}:${port}`],
        ...["posix", data],
      ],
    }),
    credentials: CREDENTIALS,
    syncs: "nothing",
  },
  s3rver: {
    binary: "s3rver",
    install: ["npm", "install", "--no-audit", "--no-fund", "--prefix", CACHE, "s3rver@3.7.1"],
    installed: "node_modules/s3rver/bin/s3rver.js",
    program: (binary) => ({
      healthPath: "/",
      command: (port, data) => [
        ...[process.execPath, "--no-deprecation", binary, "--silent", "--no-vhost-buckets"],
        ...["--address", HOST, "--port", String(port), "--directory", data],
      ],
    }),
    credentials: { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" },
    syncs: "nothing",
  },
};

/** Finds a peer in the cache or on the PATH, or puts it into the cache. @returns undefined, and says so, if it cannot be had */
export function findPeer(name: string): (Peer & { readonly started: Program }) | undefined {
  const peer = PEERS[name];
  if (peer === undefined) throw new Error(`${name} is none of ${Object.keys(PEERS).join(", ")}`);
  const cached = path.join(CACHE, peer.installed);
  const found = [cached, ...onPath(peer.binary)].find((file) => existsSync(file));
  const binary = found ?? (install(name, peer) ? cached : undefined);
  return binary === undefined ? undefined : { ...peer, started: peer.program(binary) };
}

function onPath(name: string): readonly string[] {
  return (process.env["PATH"] ?? "").split(path.delimiter).map((folder) => path.join(folder, name));
}

function install(name: string, { install }: Peer): boolean {
  const [tool, ...parameters] = install;
  console.error(`${name}: ${install.join(" ")}`);
  try {
    mkdirSync(CACHE, { recursive: true });
    const env = { ...process.env, GOBIN: CACHE };
    execFileSync(tool, parameters, { stdio: ["ignore", "ignore", "pipe"], env });
    return true;
  } catch (error) {
    console.error(`${name}: skipped, it is not there and cannot be installed: ${String(error)}`);
    return false;
  }
}
