import { recordIntent } from "../../domain/audit.ts";
import { noSuchBucket } from "../../domain/bucket-owner.ts";
import { jsonResponse } from "../../protocol/respond.ts";
import type { S3Request } from "../../protocol/s3-request.ts";
import type { BucketIndex } from "../../storage/ports/bucket-index.ts";
import { ofRoot } from "../accounts/of-root.ts";
import type { AccountContext, AccountOperation } from "../operation.ts";

const PATH = /^buckets\/([^/]{1,255})\/dead-letters(\/redrive)?$/;

/** The operations on events of a bucket that could not be delivered. @returns undefined: the request is about none */
export function deadLettersOperationFor({
  method,
  key = "",
}: Pick<S3Request, "key" | "method">): AccountOperation | undefined {
  const match = PATH.exec(key);
  if (match === null) return undefined;
  return OPERATIONS[`${method}${match[2] ?? ""}`];
}

const OPERATIONS: Readonly<Record<string, AccountOperation>> = {
  /** `GET /_ledge/buckets/{name}/dead-letters` → `{"deadLetters": [{"target", "emittedMs", "reason", "record"}]}`; NoSuchBucket */
  GET: ofRoot("ListDeadLetters", async (context) => {
    const letters = await (await indexOf(context)).listDeadLetters();
    const deadLetters = letters.map((letter) => ({
      ...letter,
      record: JSON.parse(letter.record) as unknown,
    }));
    return jsonResponse({ deadLetters });
  }),
  /** `POST /_ledge/buckets/{name}/dead-letters/redrive` → `{"redriven"}`, which are delivered once more; NoSuchBucket */
  "POST/redrive": ofRoot("RedriveDeadLetters", async (context) => {
    const index = await indexOf(context);
    await recordIntent(context);
    return jsonResponse({ redriven: await index.redrive() });
  }),
};

async function indexOf(context: AccountContext): Promise<BucketIndex> {
  const [, name = ""] = PATH.exec(context.request.key ?? "") ?? [];
  const bucket = await context.directory.find(name);
  if (bucket === undefined) throw noSuchBucket(name);
  return context.indexOf(bucket);
}
