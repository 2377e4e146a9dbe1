/** Shards are named `<bucket id>/<number>`; what a shard makes, contents, blobs, and tokens of holds, `<name of the shard>/<ulid>`. */
export function shardName(bucketId: string, number: number): string {
  return `${bucketId}/${number}`;
}

export function bucketIdOf(nameOfShard: string): string {
  return nameOfShard.slice(0, nameOfShard.lastIndexOf("/"));
}

export function shardNumberOf(nameOfShard: string): number {
  return Number(nameOfShard.slice(nameOfShard.lastIndexOf("/") + 1));
}

/** The name of the shard that has made a content, a blob, or the token of a hold. */
export function homeOf(id: string): string {
  return id.slice(0, id.lastIndexOf("/"));
}
