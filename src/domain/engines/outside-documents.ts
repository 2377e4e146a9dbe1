import { createHash } from "node:crypto";
import type { ReplicationTarget } from "../../protocol/replication/replication-targets.ts";
import {
  type S3ClientRequest,
  sendToS3,
  TargetError,
} from "../../storage/replication/s3-client.ts";

/**
 * Puts a document of a version on another server; `remove` in the place of its content: deletes it. What was removed there stays removed.
 *
 * @throws TargetError, also where the bucket is missing
 */
export async function sendDocument(
  target: ReplicationTarget,
  about: Pick<S3ClientRequest, "key" | "query">,
  root: string,
  content: string | { readonly remove: true },
): Promise<void> {
  const answer = await sendToS3(target, requestOf(about, root, content));
  const isRemoved = answer.status === 404 && /<Code>NoSuch(?:Key|Version)</.test(answer.text);
  if (answer.status >= 300 && !isRemoved) throw new TargetError(answer);
}

function requestOf(
  about: Pick<S3ClientRequest, "key" | "query">,
  root: string,
  content: string | { readonly remove: true },
): S3ClientRequest {
  if (typeof content !== "string") return { ...about, method: "DELETE" };
  const document = `<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</${root}>`;
  const bytes = Buffer.from(document);
  // Documents of locks are taken with a checksum only.
  const headers = { "content-md5": createHash("md5").update(bytes).digest("base64") };
  return { ...about, method: "PUT", headers, body: { bytes, length: bytes.byteLength } };
}
