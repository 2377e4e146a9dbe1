/**
 * What `cloudflare:workers` is on the local platform: the class that Durable Objects extend.
 *
 * Source: https://developers.cloudflare.com/durable-objects/api/base/
 */
export abstract class DurableObject<Env = unknown> {
  protected readonly ctx: DurableObjectState;
  protected readonly env: Env;

  constructor(ctx: DurableObjectState, env: Env) {
    this.ctx = ctx;
    this.env = env;
  }
}
