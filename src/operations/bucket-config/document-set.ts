import { readDocument } from "../../domain/body/read-document.ts";
import { configureBucket } from "../../domain/configure-bucket.ts";
import type { Shape } from "../../lib/xml-shape.ts";
import type { XmlNode } from "../../lib/xml-writer.ts";
import { checkConfigurationId } from "../../protocol/configuration-filter.ts";
import { decodeToken, encodeToken } from "../../protocol/continuation-token.ts";
import type { Part } from "../../protocol/bucket-configuration.ts";
import { type ErrorCode, S3Error } from "../../protocol/errors.ts";
import { readXml } from "../../protocol/read-xml.ts";
import { emptyResponse, xmlResponse } from "../../protocol/respond.ts";
import { StaleBucketError } from "../../storage/ports/bucket-index.ts";
import { onBucket } from "../access.ts";
import type { OpenRoute } from "../not-implemented.ts";
import type { BucketContext, BucketOperation } from "../operation.ts";

/** Those whose documents are told apart by `?id`. */
type Listed = {
  [Key in OpenRoute]: Key extends `GET bucket?${infer Name}&id` ? Name : never;
}[OpenRoute];

/** A kind of document that a bucket may have up to a thousand of. */
interface DocumentSet<Subresource extends Listed, Document extends { readonly Id: string }> {
  readonly subresource: Subresource;
  /** Names the documents of this kind in the Directory. Never changes: stored data name it. */
  readonly kind: string;
  /** Who decides with them; absent: nobody. */
  readonly part?: "shard";
  /** Of each. */
  readonly root: string;
  /** Of the list. It does not follow from AWS's name. */
  readonly listRoot: string;
  readonly shape: Shape<Document>;
  /** AWS's name of the operations, without their verb and `Bucket`. */
  readonly name: string;
  /** @throws S3Error for what its shape does not say */
  readonly check: (document: Document) => void;
  /** The error of a document that has another id than the request; MalformedXML when absent. */
  readonly otherId?: ErrorCode;
  /** As it is kept, with what whoever decides with it needs besides; absent: as it is. */
  readonly stored?: (document: Document, context: BucketContext) => Document;
}

const MAX_DOCUMENTS = 1000;
const PAGE = 100;

type Rows<Subresource extends string> = Readonly<
  Record<`${"GET" | "PUT" | "DELETE"} bucket?${Subresource}`, BucketOperation> &
    Record<`GET bucket?${Subresource}&id`, BucketOperation>
>;

/**
 * The operations on a set of documents: `GET /{bucket}?{subresource}` lists 100 of them, `&id` names the one that GET, PUT, and
 * DELETE are about.
 *
 * Errors: NoSuchConfiguration, MalformedXML (also if the document has another id than the request), InvalidArgument (no id, a
 * wrong token), TooManyConfigurations.
 */
export function documentSet<Subresource extends Listed, Document extends { readonly Id: string }>(
  set: DocumentSet<Subresource, Document>,
): Rows<Subresource> {
  const { subresource, kind, root, shape, name, check, otherId, stored } = set;
  const part = set.part ?? "directory";
  const mayGet = onBucket(`Get${name}`);
  const mayPut = onBucket(`Put${name}`);
  const list: BucketOperation = {
    name: `ListBucket${name}s`,
    scope: "bucket",
    access: mayGet,
    handle: (context) => listDocuments(set, context),
  };
  const get: BucketOperation = {
    name: `GetBucket${name}`,
    scope: "bucket",
    access: mayGet,
    async handle(context) {
      const body = await bodyOf(kind, context, idOf(context));
      if (body === undefined) throw new S3Error("NoSuchConfiguration");
      return xmlResponse(root, shape.write(JSON.parse(body) as Document));
    },
  };
  const put: BucketOperation = {
    name: `PutBucket${name}`,
    scope: "bucket",
    access: mayPut,
    async handle(context) {
      const id = idOf(context);
      const document = readXml(await readDocument(context), root, shape);
      if (document.Id !== id) throw new S3Error(otherId ?? "MalformedXML");
      checkConfigurationId(id);
      check(document);
      await changeDocument(kind, part, context, id, async () => {
        await requireRoom(kind, context, id);
        return JSON.stringify(stored?.(document, context) ?? document);
      });
      return emptyResponse(204);
    },
  };
  const remove: BucketOperation = {
    name: `DeleteBucket${name}`,
    scope: "bucket",
    access: mayPut,
    async handle(context) {
      const id = idOf(context);
      await changeDocument(kind, part, context, id, async () => {
        if ((await bodyOf(kind, context, id)) === undefined)
          throw new S3Error("NoSuchConfiguration");
        return undefined;
      });
      return emptyResponse(204);
    },
  };
  const rows = {
    [`GET bucket?${subresource}`]: list,
    [`GET bucket?${subresource}&id`]: get,
    [`PUT bucket?${subresource}`]: put,
    [`DELETE bucket?${subresource}`]: remove,
  };
  // Of computed names TypeScript knows only that they are strings.
  return rows as Rows<Subresource>;
}

function idOf({ request }: BucketContext): string {
  const id = request.query.get("id") ?? "";
  if (id === "")
    throw new S3Error("InvalidArgument", {
      message: "Missing required parameter: id",
      fields: { ArgumentName: "id" },
    });
  return id;
}

async function bodyOf(
  kind: string,
  { bucket, directory }: BucketContext,
  id: string,
): Promise<string | undefined> {
  const stored = await directory.readDocument(bucket.id, kind, id);
  if (stored === undefined) throw new StaleBucketError();
  return stored.body;
}

/** @param decide the document to be put; undefined: it is to be deleted */
function changeDocument(
  kind: string,
  part: Part,
  context: BucketContext,
  id: string,
  decide: () => Promise<string | undefined>,
): Promise<unknown> {
  return configureBucket(context, context.bucket, async () => {
    return { kind, id, part, body: await decide(), flags: undefined };
  });
}

/** Two that are put at once may both find room for the last one, which harms nobody. */
async function requireRoom(kind: string, context: BucketContext, id: string): Promise<void> {
  const { bucket, directory } = context;
  const count = await directory.countDocuments(bucket.id, kind);
  if (count === undefined) throw new StaleBucketError();
  if (count < MAX_DOCUMENTS || (await bodyOf(kind, context, id)) !== undefined) return;
  throw new S3Error("TooManyConfigurations");
}

async function listDocuments<Document extends { readonly Id: string }>(
  { kind, root, listRoot, shape }: DocumentSet<Listed, Document>,
  { request, bucket, directory }: BucketContext,
): Promise<Response> {
  const token = request.query.get("continuation-token") ?? undefined;
  const after = token === undefined ? "" : decodeToken(token);
  const page = await directory.listDocuments(bucket.id, kind, after, PAGE);
  if (page === undefined) throw new StaleBucketError();
  const last = page.isTruncated ? page.documents.at(-1) : undefined;
  const entries = page.documents.map(({ body }): XmlNode => {
    return [root, shape.write(JSON.parse(body) as Document)];
  });
  return xmlResponse(listRoot, [
    ["ContinuationToken", token],
    ...entries,
    ["IsTruncated", page.isTruncated],
    ["NextContinuationToken", last && encodeToken(last.id)],
  ]);
}
