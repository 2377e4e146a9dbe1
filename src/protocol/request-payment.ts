import { type Infer, object, one, oneOf } from "../lib/xml-shape.ts";

/**
 * The document of PutBucketRequestPayment.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketRequestPayment.html
 */
export const RequestPaymentConfiguration = object({
  Payer: one(oneOf("BucketOwner", "Requester")),
});

export type RequestPayment = Infer<typeof RequestPaymentConfiguration>;

/** `x-amz-request-payer`: the caller agrees to pay. */
export function agreesToPay(headers: Headers): boolean {
  return headers.get("x-amz-request-payer")?.toLowerCase() === "requester";
}
