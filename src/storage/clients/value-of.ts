import { S3Error } from "../../protocol/errors.ts";
import type { PlainAnswer } from "../wire/protocol.ts";

/**
 * What a Durable Object answered.
 *
 * @throws S3Error SlowDown when it runs other code than this gateway, which passes by itself: every SDK calls again
 */
export function valueOf<T>(answer: PlainAnswer<T>): T {
  if ("value" in answer) return answer.value;
  throw notYetDeployed();
}

/** The object speaks another protocol. */
export function notYetDeployed(): S3Error {
  const message = "The service is being updated. Please try again in a few minutes.";
  return new S3Error("SlowDown", { message });
}
