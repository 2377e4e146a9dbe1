import { WorkerEntrypoint } from "cloudflare:workers";
import { answerPublicObject } from "../http/public-object.ts";

/**
 * Reads objects that everybody may read, for gateways of buckets with a public lane. Workers Cache is in front of it, as
 * `wrangler.toml` says, and in front of nothing else. Only this Worker calls it, as `ctx.exports.PublicObject`.
 */
export class PublicObject extends WorkerEntrypoint {
  override fetch(request: Request): Promise<Response> {
    return answerPublicObject(request, this.env, this.ctx);
  }
}
