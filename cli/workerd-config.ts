import type { KeyPair } from "./key-pair.ts";
import { WORKER_SECRETS } from "./worker-secrets.ts";

/** What a workerd that serves Ledge is told. Paths are absolute. */
export interface WorkerdSettings {
  /** Numeric, e.g. `127.0.0.1` or `::1`. */
  readonly address: string;
  readonly port: number;
  readonly workerPath: string;
  readonly compatibilityDate: string;
  readonly indexPath: string;
  readonly blobsPath: string;
  readonly roomPath: string;
  readonly vars: Readonly<Record<string, string>>;
  readonly tls: KeyPair | undefined;
}

/**
 * The size of a half of V8's young generation. When V8 chose it, the server grew to 302 MiB under load; with 8 MiB, to 239 MiB,
 * and requests took as long, as far as could be told from one run to the next; with 2 MiB, a small GET was a third slower
 * (measured 2026-11-23).
 */
const MAX_SEMI_SPACE_MIB = 8;

/**
 * A configuration in Cap'n Proto's text format, for `workerd serve -I /`: with that, an absolute path can be embedded.
 * It holds no secret: the private key is embedded by its path, and the other secrets come by the environment.
 *
 * The unique keys are names of folders: another one would leave all data behind.
 *
 * Source: https://github.com/cloudflare/workerd/blob/main/src/workerd/server/workerd.capnp
 */
export function workerdConfig(settings: WorkerdSettings): string {
  const {
    address,
    port,
    workerPath,
    compatibilityDate,
    indexPath,
    blobsPath,
    roomPath,
    vars,
    tls,
  } = settings;
  const host = address.includes(":") ? `[${address}]` : address;
  const protocol =
    tls === undefined
      ? "http = ()"
      : `https = (tlsOptions = (keypair = (privateKey = embed ${text(tls.keyPath)}, certificateChain = embed ${text(tls.certificatePath)})))`;
  const bindings = Object.entries(vars).map(
    ([name, value]) => `    (name = ${text(name)}, text = ${text(value)}),\n`,
  );
  const secrets = WORKER_SECRETS.map(
    (name) => `    (name = ${text(name)}, fromEnvironment = ${text(name)}),\n`,
  );
  return `# Written by "ledge serve" at each start.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  v8Flags = ["--max-semi-space-size=${MAX_SEMI_SPACE_MIB}"],
  sockets = [(name = "s3", address = ${text(`${host}:${port}`)}, ${protocol}, service = "ledge")],
  services = [
    (name = "ledge", worker = .ledge),
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
    (name = "index", disk = (path = ${text(indexPath)}, writable = true)),
    (name = "blobs", disk = (path = ${text(blobsPath)}, writable = true)),
    (name = "room", disk = (path = ${text(roomPath)})),
  ],
);

const ledge :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed ${text(workerPath)})],
  compatibilityDate = ${text(compatibilityDate)},
  bindings = [
${[...bindings, ...secrets].join("")}    (name = "BUCKET_INDEX", durableObjectNamespace = "BucketIndexObject"),
    (name = "DIRECTORY", durableObjectNamespace = "DirectoryObject"),
    (name = "BLOB_DISK", service = "blobs"),
    (name = "ROOM_DISK", service = "room"),
  ],
  durableObjectNamespaces = [
    (className = "BucketIndexObject", uniqueKey = "ledge-index", enableSql = true),
    (className = "DirectoryObject", uniqueKey = "ledge-directory", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "index"),
);
`;
}

/** A literal of Cap'n Proto. Source: https://capnproto.org/language.html#constants */
function text(value: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what must be escaped
  const escaped = value.replaceAll(/["\\\u0000-\u001f\u007f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return `"${escaped}"`;
}
