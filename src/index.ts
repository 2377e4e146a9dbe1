import { app } from "./http/app.ts";

export { Engines } from "./entrypoints/engines.ts";
export { BucketService } from "./entrypoints/bucket-service.ts";
export { PublicObject } from "./entrypoints/public-object.ts";
export { BucketIndexObject } from "./storage/bucket-shard/durable-object.ts";
export { DirectoryObject } from "./storage/directory-object/durable-object.ts";

export default { fetch: app.fetch } satisfies ExportedHandler<Cloudflare.Env>;
