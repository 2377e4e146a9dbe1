import { latestFacts } from "../../domain/access/latest-facts.ts";
import { ownerToShow } from "../../domain/access/shown-acl.ts";
import type { XmlNode } from "../../lib/xml-writer.ts";
import { encodeToken } from "../../protocol/continuation-token.ts";
import { parseListObjectsV2 } from "../../protocol/listing-parameters.ts";
import { xmlResponse } from "../../protocol/respond.ts";
import { entryName } from "../../storage/ports/bucket-index.ts";
import { listingNodes, nameWriter, NO_ENTRIES, pageOf } from "../listing.ts";
import { onBucket } from "../access.ts";
import type { BucketOperation } from "../operation.ts";
import { contentsNode, regionHeader } from "./listing-result.ts";

/**
 * `GET /{bucket}?list-type=2`: one page of keys in UTF-8 order.
 *
 * Errors: NoSuchBucket, InvalidArgument.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
export const listObjectsV2: BucketOperation = {
  name: "ListObjectsV2",
  scope: "bucket",
  access: onBucket("ListBucket"),
  readsIndex: true,
  async handle(context) {
    const { request, bucket, index } = context;
    const facts = latestFacts(context);
    const parameters = parseListObjectsV2(request.query, request.headers);
    const { prefix, delimiter, after, maxKeys, encodingType, startAfter } = parameters;
    const page = await pageOf(maxKeys, NO_ENTRIES, (limit) =>
      index.list({ prefix, delimiter, after, limit }),
    );
    const last = page.entries.at(-1);
    const nextToken =
      page.isTruncated && last !== undefined ? encodeToken(entryName(last)) : undefined;
    const access = parameters.fetchOwner ? facts() : undefined;
    const writeName = nameWriter(encodingType);
    const head: XmlNode[] = [
      ["Name", bucket.name],
      ["Prefix", writeName(prefix)],
      ["Delimiter", delimiter === "" ? undefined : writeName(delimiter)],
      ["MaxKeys", maxKeys],
      ["EncodingType", encodingType],
      ["KeyCount", page.entries.length],
      ["IsTruncated", page.isTruncated],
      ["ContinuationToken", parameters.continuationToken],
      ["NextContinuationToken", nextToken],
      ["StartAfter", startAfter === undefined ? undefined : writeName(startAfter)],
    ];
    const content = listingNodes(head, page.entries, writeName, ({ object }) =>
      contentsNode(object, writeName, access && ownerToShow(object.owner, access)),
    );
    return xmlResponse("ListBucketResult", content, { headers: regionHeader(bucket) });
  },
};
