import { ulid } from "../../lib/ulid.ts";
import type { BucketIndexObject } from "../bucket-shard/durable-object.ts";
import type { BlobContent } from "../../protocol/object-record.ts";
import type { AppendDraft } from "../ports/bucket-index.ts";
import { GROWTH_STAMP } from "../wire/protocol.ts";
import { valueOf } from "./value-of.ts";
import { homeOf, shardName } from "../wire/shard-name.ts";

/**
 * New blobs whose key has moved to another shard since they were named. The shard that a blob is named after sweeps it, so that it
 * is adopted there, and held for the shard that the key is in now, as what a copy refers to is.
 */
export class AdoptedBlobs {
  readonly #namespace: DurableObjectNamespace<BucketIndexObject>;
  readonly #bucketId: string;
  /** So that a call that is made again takes no second hold. */
  readonly #tokens = new Map<string, string>();

  constructor(namespace: DurableObjectNamespace<BucketIndexObject>, bucketId: string) {
    this.#namespace = namespace;
    this.#bucketId = bucketId;
  }

  /** @returns the content as that shard can refer to it */
  async at<Content extends { readonly kind: string }>(
    shardNumber: number,
    content: Content | BlobContent,
  ): Promise<Content | BlobContent> {
    return isBlob(content) ? this.#adopted(shardNumber, content) : content;
  }

  async ofAppend(
    shardNumber: number,
    content: AppendDraft["content"],
  ): Promise<AppendDraft["content"]> {
    if (content.kind !== "appended") return this.at(shardNumber, content);
    const { head } = content;
    return {
      ...content,
      tail: await this.#adopted(shardNumber, content.tail),
      head: head !== undefined && "blobId" in head ? await this.#adopted(shardNumber, head) : head,
    };
  }

  async #adopted(shardNumber: number, blob: BlobContent): Promise<BlobContent> {
    const { blobId } = blob;
    const here = shardName(this.#bucketId, shardNumber);
    const home = homeOf(blobId);
    if (home === here) return blob;
    const known = this.#tokens.get(`${here} ${blobId}`);
    if (known !== undefined) return { ...blob, holdToken: known };
    const holdToken = `${here}/${ulid(Date.now())}`;
    const shard = this.#namespace.getByName(home);
    // One that was swept is refused by the shard that it is not of.
    if (!valueOf(await shard.adoptBlob(GROWTH_STAMP, blobId, holdToken))) return blob;
    this.#tokens.set(`${here} ${blobId}`, holdToken);
    return { ...blob, holdToken };
  }
}

function isBlob(content: { readonly kind: string }): content is BlobContent {
  return content.kind === "blob";
}
