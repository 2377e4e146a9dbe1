import { log } from "../lib/log.ts";
import type { WriteConditions } from "../protocol/write-conditions.ts";
import { S3Error } from "../protocol/errors.ts";
import type {
  BlobContent,
  Content,
  ObjectDraft,
  ReferencedContent,
  StitchedContent,
} from "../protocol/object-record.ts";
import { type CommitOutcome, StaleBucketError } from "../storage/ports/bucket-index.ts";
import type { ContentIndex } from "../storage/ports/content-index.ts";
import type { BucketPorts } from "./ports.ts";

export type ReferenceStores = Pick<BucketPorts, "index" | "contents">;

interface SourceGone {
  readonly ok: false;
  readonly reason: "SourceGone";
}

const SOURCE_GONE: SourceGone = { ok: false, reason: "SourceGone" };

type Attempt = { readonly ok: true } | { readonly ok: false; readonly reason: string };

type Refused<Outcome> = Extract<Outcome, { readonly ok: false }>;

/** How often a source that vanishes under its copy is read again. */
const MAX_ATTEMPTS = 5;

/**
 * Runs an effect in the shard of `key` that refers to content which the index has already. If another shard is the
 * content's home, a hold is taken there first, and given back when the effect is refused. After any other failure the
 * effect may have happened: the hold stays, and if it is nobody's, a sweep finds it.
 */
export async function withReference<T extends { readonly ok: boolean }>(
  { index, contents }: ReferenceStores,
  key: string,
  content: BlobContent | StitchedContent,
  effect: (reference: ReferencedContent) => Promise<T>,
): Promise<T | SourceGone> {
  const contentId = content.kind === "blob" ? content.blobId : content.contentId;
  const sealedKey = content.kind === "blob" ? content.sealedKey : undefined;
  const reference = { kind: "reference", contentId, sealedKey } as const;
  if (index.isHome(key, contentId)) return effect({ ...reference, holdToken: undefined });

  const holdToken = index.newBlobId(key);
  if (!(await contents.hold(contentId, holdToken))) return SOURCE_GONE;
  const outcome = await effect({ ...reference, holdToken }).catch(async (error: unknown) => {
    if (error instanceof S3Error || error instanceof StaleBucketError)
      await release(contents, contentId, holdToken);
    throw error;
  });
  if (!outcome.ok) await release(contents, contentId, holdToken);
  return outcome;
}

/** Commits an object with the content of another one: inline bytes are copied, everything else is referred to. */
export async function commitCopy(
  stores: ReferenceStores,
  key: string,
  draft: Omit<ObjectDraft, "content" | "partCount">,
  content: Content,
  conditions: WriteConditions,
): Promise<CommitOutcome> {
  const { index } = stores;
  const partCount = content.kind === "stitched" ? content.partCount : undefined;
  const row = { ...draft, partCount };
  if (content.kind === "inline") return index.commit(key, { ...row, content }, conditions);
  return withReference(stores, key, content, (reference) =>
    index.commit(key, { ...row, content: reference }, conditions),
  );
}

/**
 * Repeats an attempt for as long as its source is overwritten or deleted between the read and the write.
 *
 * @throws S3Error what `errorOf` makes of any other reason, SlowDown when the source changes again and again
 */
export async function whileSourceGone<Outcome extends Attempt>(
  attempt: () => Promise<Outcome>,
  errorOf: (refusal: Exclude<Refused<Outcome>, SourceGone>) => Error,
): Promise<Exclude<Outcome, Refused<Outcome>>> {
  for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts += 1) {
    const outcome = await attempt();
    if (outcome.ok) return outcome as Exclude<Outcome, Refused<Outcome>>;
    if (outcome.reason !== "SourceGone")
      throw errorOf(outcome as Exclude<Refused<Outcome>, SourceGone>);
  }
  throw new S3Error("SlowDown");
}

/** If it fails, the hold stays with nobody referring to it, until the home's job `holds` asks. */
async function release(contents: ContentIndex, contentId: string, token: string): Promise<void> {
  try {
    await contents.release(contentId, token);
  } catch (error) {
    log("warn", "hold left", { contentId, token, error: String(error) });
  }
}
