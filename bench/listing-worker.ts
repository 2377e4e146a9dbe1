/** Runs the shard's own listing over a shard's own tables, filled by SQL. */
import { DurableObject } from "cloudflare:workers";
import { MIGRATIONS } from "../src/storage/bucket-shard/rows/schema.ts";
import { migrate } from "../src/storage/sql-migrations.ts";
import {
  fillShard,
  type ListingResult,
  measureListings,
  repeatListing,
} from "../test/support/listing-shapes.ts";

interface Bindings {
  readonly LISTING: DurableObjectNamespace<ListingBench>;
}

export class ListingBench extends DurableObject<Bindings> {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    migrate(ctx.storage, MIGRATIONS);
  }

  fill(keyCount: number): readonly ListingResult[] {
    const { sql } = this.ctx.storage;
    fillShard(sql, keyCount);
    return measureListings(sql, keyCount);
  }

  /** Clocks stand still in a Worker: who asks takes the time. */
  repeat(shape: string, keyCount: number, times: number): number {
    return repeatListing(this.ctx.storage.sql, shape, keyCount, times);
  }
}

/** `?keys=N` fills the shard and answers what each shape costs; with `&shape=NAME&times=N` too, it lists that shape so often. */
export default {
  async fetch(request, { LISTING }) {
    const { searchParams } = new URL(request.url);
    const keyCount = Number(searchParams.get("keys"));
    if (keyCount === 0) return new Response();
    const bench = LISTING.getByName("bench");
    const shape = searchParams.get("shape");
    if (shape === null) return Response.json(await bench.fill(keyCount));
    const times = Number(searchParams.get("times"));
    return Response.json(await bench.repeat(shape, keyCount, times));
  },
} satisfies ExportedHandler<Bindings>;
