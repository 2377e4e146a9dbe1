import type { DirectoryObject } from "../directory-object/durable-object.ts";
import type { BucketDirectory } from "../ports/bucket-directory.ts";
import { PLAIN_STAMP } from "../wire/protocol.ts";
import { ofEarlierCode, valueOf } from "./value-of.ts";

/** The {@link BucketDirectory} port over the deployment's one Directory object. */
export function bucketDirectoryClient(
  namespace: DurableObjectNamespace<DirectoryObject>,
): BucketDirectory {
  // A stub is made for each call: one that has thrown is broken for good.
  const stub = () => namespace.getByName("directory");
  return {
    create: async (bucket, documents, audit) =>
      valueOf(await stub().create(PLAIN_STAMP, bucket, documents, audit)),
    configure: async (known, change) => valueOf(await stub().configure(PLAIN_STAMP, known, change)),
    readDocument: async (bucketId, kind, id) =>
      valueOf(await stub().readDocument(PLAIN_STAMP, bucketId, kind, id)),
    listDocuments: async (bucketId, kind, after, limit) =>
      valueOf(await stub().listDocuments(PLAIN_STAMP, bucketId, kind, after, limit)),
    countDocuments: async (bucketId, kind) =>
      valueOf(await stub().countDocuments(PLAIN_STAMP, bucketId, kind)),
    readShardPart: async (bucketId) => valueOf(await stub().readShardPart(PLAIN_STAMP, bucketId)),
    find: async (name) => valueOf(await stub().find(PLAIN_STAMP, name)),
    list: async (query) => valueOf(await stub().list(PLAIN_STAMP, query)),
    listAll: async (after, limit) => valueOf(await stub().listAll(PLAIN_STAMP, after, limit)),
    beginGrowth: async (bucketId, to, audit) =>
      valueOf(await stub().beginGrowth(PLAIN_STAMP, bucketId, to, audit).catch(ofEarlierCode)),
    finishMove: async (bucketId, epoch, shard) =>
      valueOf(await stub().finishMove(PLAIN_STAMP, bucketId, epoch, shard)),
    beginDelete: async (bucketId, shardCount) =>
      valueOf(await stub().beginDelete(PLAIN_STAMP, bucketId, shardCount)),
    finishDelete: async (bucketId, token) =>
      valueOf(await stub().finishDelete(PLAIN_STAMP, bucketId, token)),
    cancelDelete: async (bucketId, token) =>
      valueOf(await stub().cancelDelete(PLAIN_STAMP, bucketId, token)),
    settleDelete: async (bucketId) => valueOf(await stub().settleDelete(PLAIN_STAMP, bucketId)),
  };
}
