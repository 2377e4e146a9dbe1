import { RequestPaymentConfiguration } from "../../protocol/request-payment.ts";
import { documentKind } from "./stored-document.ts";

/**
 * `?requestPayment`: with Requester, other accounts than the bucket's must agree to pay with each request, and anonymous
 * callers are refused.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketRequestPayment.html
 */
export const REQUEST_PAYMENT = documentKind({
  subresource: "requestPayment",
  kind: "request-payment",
  part: "gateway",
  root: "RequestPaymentConfiguration",
  shape: RequestPaymentConfiguration,
  name: "BucketRequestPayment",
  fresh: { Payer: "BucketOwner" },
  isVouchedFor: true,
});
