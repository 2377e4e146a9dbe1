/** Runs the shard's own listing over a shard's own tables, filled by SQL, and counts the rows that it reads. */
import { DurableObject } from "cloudflare:workers";
import { MIGRATIONS } from "../src/storage/bucket-index-object/schema.ts";
import { migrate } from "../src/storage/sql-migrations.ts";
import {
  fillObjects,
  type ListingResult,
  measureListings,
} from "../test/support/listing-shapes.ts";

interface Bindings {
  readonly LISTING: DurableObjectNamespace<ListingBench>;
}

export class ListingBench extends DurableObject<Bindings> {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    migrate(ctx.storage, MIGRATIONS);
  }

  measure(keyCount: number): readonly ListingResult[] {
    const { sql } = this.ctx.storage;
    fillObjects(sql, keyCount);
    return measureListings(sql, keyCount);
  }
}

export default {
  async fetch(request, { LISTING }) {
    const keyCount = new URL(request.url).searchParams.get("keys");
    if (keyCount === null) return new Response();
    return Response.json(await LISTING.getByName("bench").measure(Number(keyCount)));
  },
} satisfies ExportedHandler<Bindings>;
