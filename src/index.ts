import { app } from "./http/app.ts";

export { BucketIndexObject } from "./storage/bucket-index-object/object.ts";
export { DirectoryObject } from "./storage/directory-object/object.ts";

export default { fetch: app.fetch } satisfies ExportedHandler<Cloudflare.Env>;
