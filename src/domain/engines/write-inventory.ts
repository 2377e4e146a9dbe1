import { createHash } from "node:crypto";
import {
  destinationBucket,
  type InventoryDocument,
} from "../../protocol/inventory/inventory-configuration.ts";
import { lineWriter, schemaOf } from "../../protocol/inventory/inventory-fields.ts";
import type { ServiceCaller } from "../../protocol/caller.ts";
import type { Delivery } from "../../storage/ports/engines.ts";
import type {
  InventoryCursor,
  InventoryFile,
  InventoryPage,
  InventoryRun,
  InventoryStep,
} from "../../storage/ports/inventory.ts";
import { allShards } from "../../storage/clients/shard-map.ts";
import { ownerOf } from "../bucket-owner.ts";
import type { Ports } from "../ports.ts";
import { GzipText } from "./gzip-text.ts";
import { delivered } from "./write-internally.ts";
import { shardName } from "../../storage/wire/shard-name.ts";

const MAX_ROWS = 100_000;
/** Each is a call, of which Cloudflare lets one job make 1,000; where a prefix is about few rows, a file has fewer. */
const MAX_PAGES = 200;
/** A file is held until it is whole: the store wants to know how long it is. */
const MAX_GZIP_BYTES = 16 * 1024 * 1024;
/** So much text is packed at once. */
const PIECE_LENGTH = 256 * 1024;

const GONE: Delivery = { kind: "refused", reason: "NoSuchBucket" };

/**
 * Writes the next file of a report: rows of one shard, as many as a file has.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
 */
export async function writeInventoryFile(
  ports: Ports,
  { bucketId, document }: InventoryRun,
  { shard, after }: InventoryCursor,
): Promise<InventoryStep> {
  // What is remembered may have fewer shards by now, or be a bucket of that name that was there before.
  const bucket = await ports.buckets.refresh(document.source.bucket);
  if (bucket?.id !== bucketId) return GONE;
  const prefix = document.Filter?.Prefix ?? "";
  const isOfCurrent = document.IncludedObjectVersions === "Current";
  const line = lineWriter(
    bucket.name,
    columnsOf(document),
    ownerOf(bucket, ports.settings.account),
  );
  const packed = new GzipText();
  let [rows, pages, text] = [0, 0, ""];
  let next: string | undefined = after;
  do {
    const page: InventoryPage = await ports.inspection.inspect(
      shardName(bucketId, shard),
      "inventory",
      next,
      prefix,
      isOfCurrent,
    );
    for (const entry of page.entries) text += line(entry);
    rows += page.entries.length;
    pages += 1;
    ({ next } = page);
    if (text.length < PIECE_LENGTH) continue;
    await packed.add(text);
    text = "";
  } while (
    next !== undefined &&
    pages < MAX_PAGES &&
    rows < MAX_ROWS - 1000 &&
    packed.bytes < MAX_GZIP_BYTES
  );
  await packed.add(text);
  const following = cursorBehind(shard, next, allShards(bucket));
  if (rows === 0) return { kind: "done", ...following };

  const body = await packed.end();
  const key = `${folderOf(document)}data/${crypto.randomUUID()}.csv.gz`;
  const outcome = await put(ports, document, key, body, "application/gzip");
  if (outcome.kind !== "done") return outcome;
  const file = { key, size: body.byteLength, MD5checksum: md5(body) };
  return { kind: "done", file, ...following };
}

function cursorBehind(
  shard: number,
  after: string | undefined,
  shardCount: number,
): { readonly next?: InventoryCursor } {
  if (after !== undefined) return { next: { shard, after } };
  return shard + 1 < shardCount ? { next: { shard: shard + 1, after: "" } } : {};
}

/** Writes what says that a report is complete: its manifest, the manifest's checksum, and a list for Hive. */
export async function finishInventory(
  ports: Ports,
  { document, startedMs }: InventoryRun,
  files: readonly InventoryFile[],
): Promise<Delivery> {
  const time = new Date(startedMs).toISOString();
  const minute = `${time.slice(0, 10)}T${time.slice(11, 16).replace(":", "-")}Z`;
  const destination = destinationBucket(document);
  const manifest = JSON.stringify(
    {
      sourceBucket: document.source.bucket,
      destinationBucket: `arn:aws:s3:::${destination}`,
      version: "2016-11-30",
      creationTimestamp: String(startedMs),
      fileFormat: "CSV",
      fileSchema: schemaOf(columnsOf(document)),
      files,
    },
    undefined,
    2,
  );
  const folder = folderOf(document);
  const links = files.map(({ key }) => `s3://${destination}/${key}\n`).join("");
  const hour = minute.replace("T", "-").replace("Z", "");
  // The checksum last: whoever sees it finds all else.
  const parts: readonly (readonly [key: string, text: string, type: string])[] = [
    [`${folder}hive/dt=${hour}/symlink.txt`, links, "text/plain"],
    [`${folder}${minute}/manifest.json`, manifest, "application/json"],
    [`${folder}${minute}/manifest.checksum`, md5(Buffer.from(manifest)), "text/plain"],
  ];
  for (const [key, text, type] of parts) {
    const outcome = await put(ports, document, key, Buffer.from(text), type);
    if (outcome.kind !== "done") return outcome;
  }
  return { kind: "done" };
}

function columnsOf({ IncludedObjectVersions, OptionalFields }: InventoryDocument) {
  return {
    hasVersions: IncludedObjectVersions === "All",
    fields: OptionalFields?.Field ?? [],
  };
}

/** `<prefix>/<source>/<id>/` */
function folderOf({ Id, Destination, source }: InventoryDocument): string {
  const { Prefix: prefix } = Destination.S3BucketDestination;
  return `${prefix === undefined || prefix === "" ? "" : `${prefix}/`}${source.bucket}/${Id}/`;
}

function put(
  ports: Ports,
  document: InventoryDocument,
  key: string,
  body: Uint8Array,
  type: string,
): Promise<Delivery> {
  const headers = { "content-type": type, ...encryptionHeaders(document) };
  const caller = callerOf(document, ports.settings.servicesAskPolicies);
  return delivered(ports, { caller, bucket: destinationBucket(document), key, headers, body });
}

function encryptionHeaders({ Destination }: InventoryDocument): Readonly<Record<string, string>> {
  const encryption = Destination.S3BucketDestination.Encryption;
  const kms = encryption?.["SSE-KMS"];
  if (kms !== undefined)
    return {
      "x-amz-server-side-encryption": "aws:kms",
      "x-amz-server-side-encryption-aws-kms-key-id": kms.KeyId,
    };
  return encryption?.["SSE-S3"] === undefined ? {} : { "x-amz-server-side-encryption": "AES256" };
}

/** In another account's bucket, and where policies are asked in any, the policy has to name the service. */
function callerOf({ source }: InventoryDocument, asksPolicies: boolean): ServiceCaller {
  return {
    kind: "service",
    name: "s3.amazonaws.com",
    sourceArn: `arn:aws:s3:::${source.bucket}`,
    sourceAccountId: source.accountId,
    ...(!asksPolicies && { ownerId: source.ownerId }),
  };
}

function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}
