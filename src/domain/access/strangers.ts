import { PerSecond } from "../../lib/per-second.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { BucketRecord } from "../../storage/ports/bucket-directory.ts";
import type { Ports } from "../ports.ts";

/** There is one Directory, and a deployment has many isolates; a signed request is never counted. */
const MAX_QUESTIONS_A_SECOND = 100;

/**
 * Questions that are put to the Directory for somebody who has not signed: anybody can ask for bucket after bucket that there is
 * not, or for the configuration of one. Each deployment that an isolate serves has its own.
 */
export class StrangersQuestions {
  readonly #questions = new PerSecond(MAX_QUESTIONS_A_SECOND);

  /** @throws S3Error SlowDown when too many were asked within a second */
  count(): void {
    if (!this.#questions.take(Date.now())) throw new S3Error("SlowDown");
  }
}

/**
 * The bucket of a request that nobody has to sign, as it is remembered.
 *
 * @param name undefined: the request names none
 * @throws S3Error as {@link StrangersQuestions.count}
 */
export async function strangersBucket(
  name: string | undefined,
  { buckets, strangers }: Pick<Ports, "buckets" | "strangers">,
): Promise<BucketRecord | undefined> {
  if (name === undefined) return undefined;
  if (buckets.remembered(name) === undefined) strangers.count();
  return buckets.find(name);
}
