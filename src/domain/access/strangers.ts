import { S3Error } from "../../protocol/errors.ts";
import type { BucketRecord } from "../../storage/ports/bucket-directory.ts";
import type { Ports } from "../ports.ts";

/** There is one Directory, and a deployment has many isolates; a signed request is never counted. */
const MAX_QUESTIONS_A_SECOND = 100;

let beganMs = 0;
let asked = 0;

/**
 * Counts a question that is put to the Directory for somebody who has not signed: anybody can ask for bucket after bucket that
 * there is not, or for the configuration of one.
 *
 * @throws S3Error SlowDown when this isolate has asked too many within a second
 */
export function countStrangersQuestion(): void {
  const nowMs = Date.now();
  if (nowMs - beganMs >= 1000) {
    beganMs = nowMs;
    asked = 0;
  }
  asked += 1;
  if (asked > MAX_QUESTIONS_A_SECOND) throw new S3Error("SlowDown");
}

/**
 * The bucket of a request that nobody has to sign, as it is remembered.
 *
 * @param name undefined: the request names none
 * @throws S3Error as {@link countStrangersQuestion}
 */
export async function strangersBucket(
  name: string | undefined,
  { buckets }: Pick<Ports, "buckets">,
): Promise<BucketRecord | undefined> {
  if (name === undefined) return undefined;
  if (buckets.remembered(name) === undefined) countStrangersQuestion();
  return buckets.find(name);
}
