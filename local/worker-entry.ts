/** What the local platform runs, as `src/index.ts` is what Cloudflare runs. */
export { app } from "../src/http/app.ts";
export { BucketIndexObject } from "../src/storage/bucket-shard/durable-object.ts";
export { DirectoryObject } from "../src/storage/directory-object/durable-object.ts";
