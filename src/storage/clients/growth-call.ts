import type {
  GrowthArgs,
  GrowthCallName,
  GrowthValue,
} from "../bucket-shard/growth/growth-calls.ts";
import { GROWTH_STAMP, type PlainAnswer } from "../wire/protocol.ts";
import type { ShardStub } from "./bucket-shards.ts";
import { ofEarlierCode, valueOf } from "./value-of.ts";

/** Asks a shard of a bucket that grows. @throws S3Error SlowDown when its code knows of no growth */
export async function growthCall<Name extends GrowthCallName>(
  shard: ShardStub,
  name: Name,
  ...args: GrowthArgs<Name>
): Promise<GrowthValue<Name>> {
  const answer = await shard.grow(GROWTH_STAMP, name, args as never).catch(ofEarlierCode);
  // The runtime's types do not follow the name.
  return valueOf(answer as unknown as PlainAnswer<GrowthValue<Name>>);
}
