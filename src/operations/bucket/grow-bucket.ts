import { readDocument } from "../../domain/body/read-document.ts";
import { growBucket, type GrowthProgress, growthProgress } from "../../domain/grow-bucket.ts";
import { parseStrictJson } from "../../lib/strict-json.ts";
import { S3Error } from "../../protocol/errors.ts";
import { jsonResponse } from "../../protocol/respond.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import { ofRoot } from "../accounts/of-root.ts";
import type { AccountContext, AccountOperation } from "../operation.ts";

const PATH = /^buckets\/([^/]{1,255})\/grow$/;

/** As many as one bucket may have. */
const MAX_SHARDS = 256;
const MAX_DEPTH = 2;

/** The operations on a bucket's growth. @returns undefined: the request is about none */
export function growOperationFor({
  method,
  key = "",
}: Pick<S3Request, "key" | "method">): AccountOperation | undefined {
  return PATH.test(key) ? OPERATIONS[method] : undefined;
}

/** Both answer `{"shards": 2, "growingTo": 4, "moves": [{"shard": 0, "isDone": false, "movedKeys": 12345}]}`; `docs/grow.md` describes it. */
const OPERATIONS: Readonly<Record<string, AccountOperation>> = {
  /** `GET /_ledge/buckets/{name}/grow`; NoSuchBucket */
  GET: ofRoot("GetBucketGrowth", async (context) =>
    answer(await growthProgress(context, nameOf(context))),
  ),
  /** `POST /_ledge/buckets/{name}/grow` with `{"shards": 4}`; NoSuchBucket, InvalidRequest, OperationAborted */
  POST: ofRoot("GrowBucket", async (context) => {
    const shards = readShards(await readDocument(context));
    return answer(await growBucket(context, nameOf(context), shards));
  }),
};

function answer({ bucket, moves }: GrowthProgress): Response {
  const { shardCount: shards, growth } = bucket;
  if (growth?.to === undefined) return jsonResponse({ shards });
  return jsonResponse({ shards, growingTo: growth.to, moves });
}

function nameOf({ request }: AccountContext): string {
  return PATH.exec(request.key ?? "")?.[1] ?? "";
}

/** @throws S3Error InvalidRequest */
function readShards(document: Uint8Array): number {
  const shards = membersOf(document)?.get("shards");
  const isPower =
    typeof shards === "number" &&
    Number.isInteger(shards) &&
    shards >= 1 &&
    shards <= MAX_SHARDS &&
    Number.isInteger(Math.log2(shards));
  if (!isPower) {
    const message = `The body must be {"shards": …}, with a power of two up to ${MAX_SHARDS}.`;
    throw new S3Error("InvalidRequest", { message });
  }
  return shards;
}

function membersOf(document: Uint8Array): ReadonlyMap<string, unknown> | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(document);
    const value = parseStrictJson(text, MAX_DEPTH);
    return value instanceof Map && value.size === 1 ? value : undefined;
  } catch {
    return undefined;
  }
}
