import { S3Error } from "../../protocol/errors.ts";
import { indexFull } from "../../protocol/refusal.ts";
import type { PlainAnswer } from "../wire/protocol.ts";
import type { Full } from "../wire/shard-answer.ts";

/**
 * What a Durable Object answered.
 *
 * @throws S3Error SlowDown when it is full, or runs other code than this gateway, which passes by itself: every SDK calls again
 */
export function valueOf<T>(answer: PlainAnswer<T> | Full): T {
  if ("value" in answer) return answer.value;
  if ("isFull" in answer) throw indexFull();
  throw notYetDeployed();
}

/** The object speaks another protocol. */
export function notYetDeployed(): S3Error {
  const message = "The service is being updated. Please try again in a few minutes.";
  return new S3Error("SlowDown", { message });
}

/** A Durable Object runs code of before a method that is called: what the runtime throws then. */
export function isOfMissingMethod(error: unknown): boolean {
  return (
    error instanceof TypeError &&
    error.message.startsWith("The RPC receiver does not implement the method")
  );
}

/** A call failed. @throws S3Error SlowDown when the object runs code of before the method */
export function ofEarlierCode(error: unknown): never {
  throw isOfMissingMethod(error) ? notYetDeployed() : error;
}
