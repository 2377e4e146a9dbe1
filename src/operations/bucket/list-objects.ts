import { latestFacts } from "../../domain/access/latest-facts.ts";
import { ownerToShow } from "../../domain/access/shown-acl.ts";
import type { XmlNode } from "../../lib/xml-writer.ts";
import { parseListObjects } from "../../protocol/listing-parameters.ts";
import { xmlResponse } from "../../protocol/respond.ts";
import { entryName } from "../../storage/ports/bucket-index.ts";
import { listingNodes, nameWriter, NO_ENTRIES, pageOf } from "../listing.ts";
import { onBucket } from "../access.ts";
import type { BucketOperation } from "../operation.ts";
import { contentsNode, regionHeader } from "./listing-result.ts";

/**
 * `GET /{bucket}`: one page of keys in UTF-8 order, the first version of the API: marker in, NextMarker out, the
 * latter only with a delimiter, since without one the last key says the same.
 *
 * Errors: NoSuchBucket, InvalidArgument.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html
 */
export const listObjects: BucketOperation = {
  name: "ListObjects",
  scope: "bucket",
  access: onBucket("ListBucket"),
  readsIndex: true,
  async handle(context) {
    const { request, bucket, index } = context;
    const facts = latestFacts(context);
    const { prefix, delimiter, marker, maxKeys, encodingType } = parseListObjects(
      request.query,
      request.headers,
    );
    const page = await pageOf(maxKeys, NO_ENTRIES, (limit) =>
      index.list({ prefix, delimiter, after: marker, limit }),
    );
    const last = page.entries.at(-1);
    const hasNextMarker = page.isTruncated && delimiter !== "" && last !== undefined;
    const access = facts();
    const writeName = nameWriter(encodingType);
    const head: XmlNode[] = [
      ["Name", bucket.name],
      ["Prefix", writeName(prefix)],
      ["Marker", writeName(marker)],
      ["NextMarker", hasNextMarker ? writeName(entryName(last)) : undefined],
      ["MaxKeys", maxKeys],
      ["Delimiter", delimiter === "" ? undefined : writeName(delimiter)],
      ["EncodingType", encodingType],
      ["IsTruncated", page.isTruncated],
    ];
    const content = listingNodes(head, page.entries, writeName, ({ object }) =>
      contentsNode(object, writeName, ownerToShow(object.owner, access)),
    );
    return xmlResponse("ListBucketResult", content, { headers: regionHeader(bucket) });
  },
};
