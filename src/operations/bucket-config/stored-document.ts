import type { Check } from "../../domain/access/checks.ts";
import { readDocument } from "../../domain/body/read-document.ts";
import { readVouchedDocument } from "../../domain/body/vouched-body.ts";
import { configureBucket } from "../../domain/configure-bucket.ts";
import type { Shape } from "../../lib/xml-shape.ts";
import type { Part, ShardFlags } from "../../protocol/bucket-configuration.ts";
import { type ErrorCode, S3Error } from "../../protocol/errors.ts";
import { readXml } from "../../protocol/read-xml.ts";
import { emptyResponse, xmlResponse } from "../../protocol/respond.ts";
import type {
  BucketRecord,
  DocumentChange,
  StoredDocument,
} from "../../storage/ports/bucket-directory.ts";
import { StaleBucketError } from "../../storage/ports/bucket-index.ts";
import { onBucket, OWN_ACCOUNT_ONLY } from "../access.ts";
import type { OpenRoute } from "../not-implemented.ts";
import type { BucketContext, BucketOperation } from "../operation.ts";

/** Those whose PUT is not refused as one that is not built. */
type Storable = {
  [Key in OpenRoute]: Key extends `PUT bucket?${infer Name}` ? Name : never;
}[OpenRoute];

/** A kind of document that a bucket has one of. */
export interface DocumentKind<Subresource extends Storable, Document extends object> {
  readonly subresource: Subresource;
  /** Names the documents of this kind in the Directory. Never changes: stored data name it. */
  readonly kind: string;
  readonly part: Part;
  /** Where it depends on the bucket who decides with it. */
  readonly partIn?: (bucket: BucketRecord) => Part;
  readonly root: string;
  readonly shape: Shape<Document>;
  /** AWS's name of the operations, without their verb. */
  readonly name: string;
  /** Of the one that deletes it, where that is another; absent: `name`. */
  readonly deleteName?: string;
  /** Of policies, without their verb; absent: `name`. To delete one takes the permission to put it. */
  readonly action?: string;
  /** Where it takes another permission to delete one. */
  readonly deleteAction?: string;
  /** No policy gives these operations to another account. */
  readonly isOwnAccountOnly?: true;
  /** What GET answers while there is none: an error that names the bucket, or this document. */
  readonly fresh: ErrorCode | Document;
  /** AWS demands a Content-MD5 or a checksum, unless the signature covers the body. */
  readonly isVouchedFor: boolean;
  /** `readDocument` says how many bytes a document may have otherwise. */
  readonly maxBytes?: number;
  /** Of PUT; 200 when absent. */
  readonly status?: 200 | 204;
  /**
   * The document as it is kept, e.g. with its defaults filled in; undefined: none is from now on. Called with the bucket as
   * it is, again if that has changed before the document was put; it may look at other documents and other buckets.
   *
   * @throws S3Error
   */
  readonly check?: (
    document: Document,
    context: BucketContext,
  ) => Document | undefined | Promise<Document | undefined>;
  /** What is kept in the place of one that is deleted; absent: nothing is. */
  readonly inPlaceOfDeleted?: (context: BucketContext) => Document | undefined;
  /** What is left to do before the answer, with the bucket as it is since the document was put. */
  readonly finish?: (context: BucketContext, bucket: BucketRecord) => Promise<void>;
  /** What PUT and GET say of a document beside its body. */
  readonly answerHeaders?: (document: Document) => Readonly<Record<string, string>>;
  /** Of a document that shards decide with: what gateways know of it. Undefined: there is none any more. */
  readonly flags?: (document: Document | undefined) => ShardFlags;
}

/** The same; TypeScript finds the type parameters. */
export function documentKind<Subresource extends Storable, Document extends object>(
  kind: DocumentKind<Subresource, Document>,
): DocumentKind<Subresource, Document> {
  return kind;
}

type Rows<Verb extends string, Subresource extends string> = Readonly<
  Record<`${Verb} bucket?${Subresource}`, BucketOperation>
>;

/**
 * The operations on a kind of document: `GET /{bucket}?{subresource}` writes it as it was kept, and
 * `PUT` reads, checks, and keeps it. `docs/storage.md` says where.
 *
 * Errors of every PUT, beside those of its `check`: MalformedXML, MissingRequestBodyError, InvalidRequest (nothing vouches
 * for the body), BadDigest, OperationAborted (too many others configure the bucket).
 */
export function storedDocument<Subresource extends Storable, Document extends object>(
  kind: DocumentKind<Subresource, Document>,
): Rows<"GET" | "PUT", Subresource> {
  const { subresource, root, shape, name, isVouchedFor, maxBytes, status = 200, check } = kind;
  const { action = name, finish, answerHeaders = () => ({}) } = kind;
  const limits = limitsOf(kind);
  const get: BucketOperation = {
    name: `Get${name}`,
    scope: "bucket",
    access: onBucket(`Get${action}`, limits),
    async handle(context) {
      const document = await documentOf(kind, context);
      return xmlResponse(root, shape.write(document), { headers: answerHeaders(document) });
    },
  };
  const put: BucketOperation = {
    name: `Put${name}`,
    scope: "bucket",
    access: onBucket(`Put${action}`, limits),
    async handle(context) {
      const read = isVouchedFor ? readVouchedDocument : readDocument;
      const document = readXml(await read(context, maxBytes), root, shape);
      let kept: Document | undefined = document;
      const changed = await configureBucket(context, context.bucket, async (bucket) => {
        if (check !== undefined) kept = await check(document, { ...context, bucket });
        return changeOf(kind, bucket, kept);
      });
      await finish?.(context, changed);
      return emptyResponse(status, kept === undefined ? {} : answerHeaders(kept));
    },
  };
  const rows = { [`GET bucket?${subresource}`]: get, [`PUT bucket?${subresource}`]: put };
  // Of computed names TypeScript knows only that they are strings.
  return rows as Rows<"GET" | "PUT", Subresource>;
}

/** The same for one that may be taken away: `DELETE /{bucket}?{subresource}` is a success when there is none, too. */
export function deletableDocument<Subresource extends Storable, Document extends object>(
  kind: DocumentKind<Subresource, Document>,
): Rows<"GET" | "PUT" | "DELETE", Subresource> {
  const operation: BucketOperation = {
    name: `Delete${kind.deleteName ?? kind.name}`,
    scope: "bucket",
    access: onBucket(kind.deleteAction ?? `Put${kind.action ?? kind.name}`, limitsOf(kind)),
    async handle(context) {
      const instead = kind.inPlaceOfDeleted?.(context);
      await configureBucket(context, context.bucket, async (bucket) =>
        changeOf(kind, bucket, instead),
      );
      return emptyResponse(204);
    },
  };
  const rows = { ...storedDocument(kind), [`DELETE bucket?${kind.subresource}`]: operation };
  return rows as Rows<"GET" | "PUT" | "DELETE", Subresource>;
}

function limitsOf({ isOwnAccountOnly }: { readonly isOwnAccountOnly?: true }): Partial<Check> {
  return isOwnAccountOnly === true ? OWN_ACCOUNT_ONLY : {};
}

async function documentOf<Document extends object>(
  { kind, fresh }: DocumentKind<Storable, Document>,
  { bucket, directory }: BucketContext,
): Promise<Document> {
  const stored = await directory.readDocument(bucket.id, kind, "");
  if (stored === undefined) throw new StaleBucketError();
  // A shape wrote it: what has come through JSON lacks only what is undefined.
  if (stored.body !== undefined) return JSON.parse(stored.body) as Document;
  if (typeof fresh === "string") throw new S3Error(fresh, { fields: { BucketName: bucket.name } });
  return fresh;
}

function changeOf<Document extends object>(
  kind: DocumentKind<Storable, Document>,
  bucket: BucketRecord,
  document: Document | undefined,
): DocumentChange {
  const flags = kind.flags && { ...bucket.shard.flags, ...kind.flags(document) };
  const part = kind.partIn?.(bucket) ?? kind.part;
  if (document !== undefined) return { ...storedAs(kind, document), part, flags };
  return { kind: kind.kind, id: "", part, body: undefined, flags };
}

/** The document as the Directory stores it. */
export function storedAs<Document extends object>(
  { kind, part }: DocumentKind<Storable, Document>,
  document: Document,
): StoredDocument {
  return { kind, id: "", part, body: JSON.stringify(document) };
}
