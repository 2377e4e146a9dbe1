import type { SignedRequests } from "./signed-requests.ts";

export interface FoundBucket {
  readonly name: string;
  readonly shards: readonly string[];
}

/** Everybody's, by name. */
export async function* bucketsOf(requests: SignedRequests): AsyncGenerator<FoundBucket, void> {
  let after: string | undefined = "";
  while (after !== undefined) {
    const page: { buckets: readonly FoundBucket[]; next?: string } = await requests.json(
      "GET",
      "/_ledge/buckets",
      { query: { after } },
    );
    yield* page.buckets;
    after = page.next;
  }
}
