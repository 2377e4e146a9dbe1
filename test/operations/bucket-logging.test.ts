import { expect, test } from "vitest";
import {
  LOG_WRITER,
  logBucket,
  loggedBucket,
  loggingTo,
  putLogging,
  send,
} from "../support/access-log.ts";
import { fetchAs, newAccount } from "../support/accounts.ts";
import { putPolicy } from "../support/bucket-policy.ts";
import { elements, expectError, signedFetch, uniqueBucket } from "../support/client.ts";
import { expectOk, putDocument } from "../support/documents.ts";
import { bucketIdOf } from "../support/faults.ts";
import { policyText } from "../support/policy-text.ts";
import { query } from "../support/shards.ts";

function getLogging(bucket: string): Promise<Response> {
  return signedFetch("GET", `/${bucket}`, { query: { logging: "" } });
}

test.for([
  [
    "two key formats' dates",
    "<TargetObjectKeyFormat><PartitionedPrefix><PartitionDateSource>kaboom</PartitionDateSource></PartitionedPrefix></TargetObjectKeyFormat>",
  ],
  [
    "a permission that there is not",
    '<TargetGrants><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>a</ID></Grantee><Permission>ALL</Permission></Grant></TargetGrants>',
  ],
  [
    "a grantee of no type",
    "<TargetGrants><Grant><Grantee><ID>a</ID></Grantee><Permission>READ</Permission></Grant></TargetGrants>",
  ],
  ["RGW's own type of log", "<LoggingType>Journal</LoggingType>"],
])("PutBucketLogging with %s is MalformedXML", async ([, more]) => {
  const bucket = await uniqueBucket();
  await expectError(await putLogging(bucket, loggingTo(bucket, "log/", more)), 400, "MalformedXML");
});

test("PutBucketLogging with both key formats is MalformedXML", async () => {
  const bucket = await logBucket();
  const both = "<TargetObjectKeyFormat><SimplePrefix/><PartitionedPrefix/></TargetObjectKeyFormat>";
  await expectError(await putLogging(bucket, loggingTo(bucket, "log/", both)), 400, "MalformedXML");
});

test("PutBucketLogging to where the log may not be written is AccessDenied, and changes nothing", async () => {
  const [bucket, target] = [await uniqueBucket(), await uniqueBucket()];
  await expectError(await putLogging(bucket, loggingTo(target)), 403, "AccessDenied");
  await putPolicy(target, { Principal: LOG_WRITER, Action: "s3:PutObject", on: ["other/*"] });
  await expectError(await putLogging(bucket, loggingTo(target)), 403, "AccessDenied");
  expect(elements(await (await getLogging(bucket)).text(), "LoggingEnabled")).toEqual([]);
  await putPolicy(target, { Principal: LOG_WRITER, Action: "s3:PutObject", on: ["log/"] });
  await expectOk(putLogging(bucket, loggingTo(target)));
});

test("a log may go to another account's bucket that lets it in", async () => {
  const { id, keys } = await newAccount();
  const [bucket, target] = [await uniqueBucket(), `theirs-${crypto.randomUUID()}`];
  await expectOk(fetchAs(keys, "PUT", `/${target}`));
  await expectError(await putLogging(bucket, loggingTo(target)), 403, "AccessDenied");
  const Condition = { StringEquals: { "aws:SourceAccount": "000000000000" } };
  const body = policyText(target, [
    { Principal: LOG_WRITER, Action: "s3:PutObject", on: ["*"], Condition },
  ]);
  await expectOk(fetchAs(keys, "PUT", `/${target}?policy`, { body }), 204);
  await expectOk(putLogging(bucket, loggingTo(target)));
  expect(id).not.toBe("000000000000");
});

test("PutBucketLogging to a bucket whose requesters pay is InvalidArgument", async () => {
  const [bucket, target] = [await uniqueBucket(), await logBucket()];
  await expectOk(
    putDocument(
      `/${target}`,
      { requestPayment: "" },
      "RequestPaymentConfiguration",
      "<Payer>Requester</Payer>",
    ),
  );
  await expectError(await putLogging(bucket, loggingTo(target)), 400, "InvalidArgument");
});

test("grants on log objects of a bucket without ACLs are InvalidArgument", async () => {
  const [bucket, target] = [await uniqueBucket(), await logBucket()];
  const rule = "<Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>";
  await expectOk(putDocument(`/${target}`, { ownershipControls: "" }, "OwnershipControls", rule));
  const grants =
    '<TargetGrants><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>a</ID></Grantee><Permission>READ</Permission></Grant></TargetGrants>';
  const response = await putLogging(bucket, loggingTo(target, "log/", grants));
  await expectError(response, 400, "InvalidArgument");
});

test("GetBucketLogging says when it was configured, and to put the same again changes nothing", async () => {
  const [bucket, target] = [await uniqueBucket(), await logBucket()];
  await expectOk(putLogging(bucket, loggingTo(target)));
  const first = (await getLogging(bucket)).headers.get("last-modified");
  expect(first).toMatch(/GMT$/);
  await expectOk(putLogging(bucket, loggingTo(target)));
  const again = await getLogging(bucket);
  expect(again.headers.get("last-modified")).toBe(first);
  expect(await again.text()).not.toContain("ownerId");
});

test("the key format is told as it was put", async () => {
  const [bucket, target] = [await uniqueBucket(), await logBucket()];
  const format =
    "<TargetObjectKeyFormat><PartitionedPrefix><PartitionDateSource>DeliveryTime</PartitionDateSource></PartitionedPrefix></TargetObjectKeyFormat>";
  await expectOk(putLogging(bucket, loggingTo(target, "log/", format)));
  expect(await (await getLogging(bucket)).text()).toContain(format);
});

test("lines for a bucket that lets no log in any more take none of its room", async () => {
  const { bucket, target } = await loggedBucket();
  await expectOk(send("PUT", `/${bucket}/a`, { body: "x" }));
  const waitingIn = async () =>
    (await query(`${await bucketIdOf(target)}/0`, "SELECT id FROM log_batch")).length;
  const before = await waitingIn();
  expect(before).toBeGreaterThan(0);
  await signedFetch("DELETE", `/${target}`, { query: { policy: "" } });
  await expectOk(send("PUT", `/${bucket}/b`, { body: "x" }));
  expect(await waitingIn()).toBe(before);
});
