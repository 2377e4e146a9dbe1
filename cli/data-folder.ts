import { randomUUID } from "node:crypto";
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { keptMasterKey, masterKeyIn } from "./master-key.ts";
import { isAlive, startOf } from "./process-identity.ts";
import { systemCode, UserError } from "./user-error.ts";

/** How the folder is laid out, and the rows in it; a change that another version could not read takes the next number. */
const FORMAT = 3;

export interface DataFolder {
  readonly path: string;
  /** Of the Durable Objects' databases. */
  readonly indexPath: string;
  readonly blobsPath: string;
  /** Of what says how much there is room for. */
  readonly roomPath: string;
  /** Of workerd's configuration. */
  readonly configPath: string;
  /** Of the file that is written at each start. */
  readonly formatPath: string;
  /** Of the certificate that the server made itself. */
  readonly tlsPath: string;
  /** What secrets in it are sealed with. */
  readonly masterKey: string;
  /** What they were sealed with before; empty while the master key is not being replaced. */
  readonly previousMasterKey: string;
  /** Lets the next server have the folder. */
  release(): void;
}

/**
 * Makes the folder if need be, and keeps it for this process until `release`, or until the process is gone.
 *
 * @param isSynced whether the folder itself is to outlive a loss of power, too
 * @throws UserError when the folder cannot be written, has another server, or is of another Ledge
 */
export function openDataFolder(folder: string, isSynced: boolean): DataFolder {
  const absolute = path.resolve(folder);
  const indexPath = path.join(absolute, "index");
  const blobsPath = path.join(absolute, "blobs");
  let release: (() => void) | undefined;
  try {
    const firstMade = mkdirSync(absolute, { recursive: true, mode: 0o700 });
    release = lock(absolute);
    requireFormat(absolute);
    for (const part of [indexPath, blobsPath]) mkdirSync(part, { recursive: true });
    closeToOthers(absolute);
    const masterKey = masterKeyIn(path.join(absolute, "master-key"), isSynced);
    const previousMasterKey = keptMasterKey(path.join(absolute, "master-key-previous")) ?? "";
    if (isSynced) syncFolders(firstMade, absolute);
    return {
      path: absolute,
      indexPath,
      blobsPath,
      roomPath: path.join(absolute, "room"),
      configPath: path.join(absolute, "config.capnp"),
      formatPath: formatPathIn(absolute),
      tlsPath: path.join(absolute, "tls"),
      masterKey,
      previousMasterKey,
      release,
    };
  } catch (error) {
    release?.();
    const code = systemCode(error);
    if (code === undefined) throw error;
    throw new UserError(`the data folder ${absolute} cannot be written (${code})`);
  }
}

/**
 * The folder, and those above it that were made for it with the one that they were made in.
 *
 * @param firstMade the uppermost of them; undefined: none was made
 */
function syncFolders(firstMade: string | undefined, last: string): void {
  const topmost = firstMade === undefined ? last : path.dirname(firstMade);
  for (let folder = last; ; folder = path.dirname(folder)) {
    syncFolder(folder);
    if (folder === topmost) return;
  }
}

function syncFolder(folder: string): void {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(folder, "r");
    fsyncSync(descriptor);
  } catch (error) {
    // Who may make a folder in another one may not always read that.
    if (systemCode(error) !== "EACCES") throw error;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

const OWN_ENTRIES =
  /^(?:blobs|config\.capnp|format\.json|index|master-key(?:\.new|-previous)?|room|tls|lock(?:\..*)?)$/;

/**
 * Takes from other users what an earlier version let them read: what is made now is this user's by the process's umask.
 * A folder that holds something else as well is left as it is, for it may be `/tmp`.
 */
function closeToOthers(folder: string): void {
  const entries = readdirSync(folder);
  const own = entries.filter((entry) => OWN_ENTRIES.test(entry));
  if (own.length === entries.length) close(folder);
  for (const entry of own) close(path.join(folder, entry));
}

function close(entry: string): void {
  try {
    chmodSync(entry, statSync(entry).isDirectory() ? 0o700 : 0o600);
  } catch (error) {
    // Another user's, as a volume may be, or gone: a rival that starts at the same time removes its own file of the lock.
    if (systemCode(error) !== "EPERM" && systemCode(error) !== "ENOENT") throw error;
  }
}

function formatPathIn(folder: string): string {
  return path.join(folder, "format.json");
}

function requireFormat(folder: string): void {
  const file = formatPathIn(folder);
  const { format } = readJson<{ format: number }>(file) ?? { format: FORMAT };
  if (format !== FORMAT) {
    const version = format > FORMAT ? "a later" : "an earlier";
    throw new UserError(
      `the data in ${folder} are of ${version} version of Ledge (format ${format}), which this one does not read`,
    );
  }
  writeFileSync(file, `${JSON.stringify({ format: FORMAT })}\n`);
}

interface Holder {
  readonly pid: number;
  readonly started?: string | undefined;
}

/**
 * Node has no lock that the kernel would give up with the process. So the lock is a file that names its holder, and
 * a holder that is gone holds nothing. A link puts the file there whole, or not at all.
 */
function lock(folder: string): () => void {
  const file = path.join(folder, "lock");
  const { pid } = process;
  // Threads have the process's id, and several servers may start in one.
  const own = `${file}.${pid}.${randomUUID()}`;
  writeFileSync(own, JSON.stringify({ pid, started: startOf(pid) } satisfies Holder));
  try {
    while (!tryLink(own, file)) {
      const holder = readJson<Holder>(file);
      if (holder !== undefined && isHeld(holder))
        throw new UserError(`another server, process ${holder.pid}, has the data folder ${folder}`);
      remove(file, holder);
    }
  } finally {
    unlinkSync(own);
  }
  let isReleased = false;
  return () => {
    // It may be another server's by the second time.
    if (!isReleased) rmSync(file, { force: true });
    isReleased = true;
  };
}

function isHeld({ pid, started }: Holder): boolean {
  if (!isAlive(pid)) return false;
  const found = startOf(pid);
  // One of this process's id may have been another's. What is told of it by the platform says whether it was this one.
  if (started === undefined || found === undefined) return pid !== process.pid;
  return found === started;
}

/** Takes a dead holder's file away, unless someone else has just done so and locked the folder. */
function remove(file: string, dead: Holder | undefined): void {
  const aside = `${file}.dead.${randomUUID()}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return;
    throw error;
  }
  if (JSON.stringify(readJson(aside)) !== JSON.stringify(dead)) tryLink(aside, file);
  unlinkSync(aside);
}

function tryLink(existing: string, file: string): boolean {
  try {
    linkSync(existing, file);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
}

/** @returns undefined when there is no such file, or it is not JSON */
function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (systemCode(error) === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
