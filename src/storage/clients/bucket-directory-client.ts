import type { DirectoryObject } from "../directory-object/durable-object.ts";
import type { BucketDirectory } from "../ports/bucket-directory.ts";

/** The {@link BucketDirectory} port over the deployment's one Directory object. */
export function bucketDirectoryClient(
  namespace: DurableObjectNamespace<DirectoryObject>,
): BucketDirectory {
  // A stub is made for each call: one that has thrown is broken for good.
  const stub = () => namespace.getByName("directory");
  return {
    create: async (bucket) => stub().create(bucket),
    configure: async (bucketId, revision, configuration) =>
      stub().configure(bucketId, revision, configuration),
    find: async (name) => stub().find(name),
    list: async (query) => stub().list(query),
    beginDelete: async (bucketId) => stub().beginDelete(bucketId),
    finishDelete: async (bucketId, token) => stub().finishDelete(bucketId, token),
    cancelDelete: async (bucketId, token) => stub().cancelDelete(bucketId, token),
    settleDelete: async (bucketId) => stub().settleDelete(bucketId),
  };
}
