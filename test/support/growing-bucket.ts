import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { pick, seededRandom } from "./seeded-random.ts";
import { rawSigner, sdkClient, uniqueBucket } from "./sdk.ts";

type Server = Parameters<typeof sdkClient>[0];
type Random = (bound: number) => number;

/** Above `INLINE_LIMIT_BYTES`: it is a blob. */
const BLOB_BYTES = 70_000;
/** Of all parts but the last. */
const PART = Buffer.alloc(5 * 1024 * 1024, "p");

/** What a key has, as far as was acknowledged; undefined: nothing. */
interface Entry {
  readonly body: string;
  readonly tag: string | undefined;
}

/**
 * A bucket whose clients know all that it has: each has keys of its own, and takes one step after the other.
 * A step that a dead server does not acknowledge is taken again; without one, each has to succeed at once.
 */
export class GrowingBucket {
  readonly name: string;
  /** How long each step took, in milliseconds. */
  readonly tookMs: number[] = [];
  #server: Server;
  #s3: S3Client;
  #isDown = false;
  readonly #clients: Client[];

  private constructor(server: Server, s3: S3Client, name: string, clientCount: number) {
    this.#server = server;
    this.#s3 = s3;
    this.name = name;
    this.#clients = Array.from({ length: clientCount }, (_, i) => new Client(this, i));
  }

  static async create(server: Server, clientCount: number, isVersioned: boolean) {
    const s3 = sdkClient(server);
    const Bucket = await uniqueBucket(s3);
    const VersioningConfiguration = { Status: "Enabled" } as const;
    if (isVersioned)
      await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    return new GrowingBucket(server, s3, Bucket, clientCount);
  }

  /** The server dies, and steps that are under way are not acknowledged. */
  goDown(): void {
    this.#isDown = true;
  }

  comeBack(server: Server): void {
    this.#server = server;
    this.#s3 = sdkClient(server);
    this.#isDown = false;
  }

  /** As soon as it is acknowledged. */
  async call<T>(send: (s3: S3Client) => Promise<T>): Promise<T> {
    for (;;) {
      const s3 = this.#s3;
      const beganMs = performance.now();
      try {
        const answer = await send(s3);
        this.tookMs.push(performance.now() - beganMs);
        return answer;
      } catch (error) {
        if (!this.#isDown && s3 === this.#s3) throw error;
        while (this.#isDown) await pause(5);
      }
    }
  }

  fill(keysOfClient: number): Promise<unknown> {
    return Promise.all(this.#clients.map((client) => client.fill(keysOfClient)));
  }

  /** Every client takes steps until that is done, and `atLeast` of them. */
  async useUntil(done: Promise<unknown>, atLeast = 0): Promise<void> {
    let isDone = false;
    const ending = done.finally(() => (isDone = true));
    const isOver = (steps: number): boolean => isDone && steps >= atLeast;
    await Promise.all([ending, ...this.#clients.map((client) => client.use(isOver))]);
  }

  async grow(shards: number): Promise<void> {
    await this.#growth("POST", JSON.stringify({ shards }));
  }

  /** Done when it has so many shards. @param onMove called with how many keys have moved */
  async hasGrown(shards: number, onMove: (keys: number) => void = () => undefined): Promise<void> {
    for (;;) {
      const progress = await this.#growth("GET").catch((error: unknown): Progress => {
        if (!this.#isDown) throw error;
        return {};
      });
      if (progress.shards === shards) return;
      onMove((progress.moves ?? []).reduce((sum, { movedKeys = 0 }) => sum + movedKeys, 0));
      await pause(10);
    }
  }

  /** Every object, its tags, all that is listed, and that nothing else is. */
  async verify(): Promise<number> {
    await Promise.all(this.#clients.map((client) => client.verify()));
    return this.#clients.reduce((sum, { size }) => sum + size, 0);
  }

  async #growth(method: string, body?: string): Promise<Progress> {
    const url = `${this.#server.endpoint}/_ledge/buckets/${this.name}/grow`;
    const init = body === undefined ? { method } : { method, body };
    const response = await rawSigner(this.#server).fetch(url, init);
    assert.equal(response.status, 200);
    return response.json();
  }
}

interface Progress {
  readonly shards?: number;
  readonly moves?: readonly { readonly movedKeys?: number }[];
}

class Client {
  readonly #bucket: GrowingBucket;
  readonly #prefix: string;
  readonly #random: Random;
  readonly #has = new Map<string, Entry>();
  readonly #keys: string[] = [];
  #written = 0;

  constructor(bucket: GrowingBucket, number: number) {
    this.#bucket = bucket;
    this.#prefix = `client-${number}/`;
    this.#random = seededRandom(number + 1);
  }

  get size(): number {
    return this.#has.size;
  }

  async fill(count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      const key = `${this.#prefix}${String(i).padStart(6, "0")}`;
      this.#keys.push(key);
      await this.#put(key);
    }
  }

  async use(isOver: (steps: number) => boolean): Promise<void> {
    for (let steps = 0; !isOver(steps); steps += 1) {
      const key = pick(this.#random, this.#keys);
      const what = this.#random(20);
      if (what < 7) await this.#put(key);
      else if (what < 10) await this.#delete(key);
      else if (what < 18) await this.#get(key);
      else if (what < 19) await this.#upload(key);
      else await this.#list();
    }
  }

  async verify(): Promise<void> {
    for (const key of this.#keys) await this.#get(key);
    await this.#list();
    await this.#listVersions();
  }

  #send<T>(send: (s3: S3Client) => Promise<T>): Promise<T> {
    return this.#bucket.call(send);
  }

  #newBody(): string {
    this.#written += 1;
    const body = `${this.#prefix}${this.#written} `;
    return this.#random(50) === 0 ? body.padEnd(BLOB_BYTES, "b") : body;
  }

  async #put(Key: string): Promise<void> {
    const tag = this.#random(4) === 0 ? String(this.#random(1000)) : undefined;
    const entry = { body: this.#newBody(), tag };
    const Tagging = tag === undefined ? {} : { Tagging: `tag=${tag}` };
    const input = { Bucket: this.#bucket.name, Key, Body: entry.body, ...Tagging };
    await this.#send((s3) => s3.send(new PutObjectCommand(input)));
    this.#has.set(Key, entry);
  }

  async #delete(Key: string): Promise<void> {
    const input = { Bucket: this.#bucket.name, Key };
    await this.#send((s3) => s3.send(new DeleteObjectCommand(input)));
    this.#has.delete(Key);
  }

  async #get(Key: string): Promise<void> {
    const expected = this.#has.get(Key);
    const input = { Bucket: this.#bucket.name, Key };
    const found = await this.#send(async (s3) => {
      try {
        const { Body, TagCount } = await s3.send(new GetObjectCommand(input));
        return { body: (await Body?.transformToString()) ?? "", tags: TagCount ?? 0 };
      } catch (error) {
        if (error instanceof Error && error.name === "NoSuchKey") return undefined;
        throw error;
      }
    });
    const wanted = expected && { body: expected.body, tags: expected.tag === undefined ? 0 : 1 };
    assert.deepEqual({ Key, found }, { Key, found: wanted });
    if (expected?.tag === undefined) return;
    const { TagSet } = await this.#send((s3) => s3.send(new GetObjectTaggingCommand(input)));
    assert.deepEqual({ Key, TagSet }, { Key, TagSet: [{ Key: "tag", Value: expected.tag }] });
  }

  /** Of two parts, the first of which is large only now and then. */
  async #upload(Key: string): Promise<void> {
    const input = { Bucket: this.#bucket.name, Key };
    const { UploadId } = await this.#send((s3) => s3.send(new CreateMultipartUploadCommand(input)));
    const last = this.#newBody();
    const bodies = this.#random(5) === 0 ? [PART, Buffer.from(last)] : [Buffer.from(last)];
    const Parts = [];
    for (const [i, Body] of bodies.entries()) {
      const part = { ...input, UploadId, PartNumber: i + 1, Body };
      const { ETag } = await this.#send((s3) => s3.send(new UploadPartCommand(part)));
      Parts.push({ ETag, PartNumber: i + 1 });
    }
    const completion = { ...input, UploadId, MultipartUpload: { Parts } };
    await this.#send((s3) => s3.send(new CompleteMultipartUploadCommand(completion)));
    this.#has.set(Key, { body: Buffer.concat(bodies).toString(), tag: undefined });
  }

  async #list(): Promise<void> {
    const found: string[] = [];
    const input = { Bucket: this.#bucket.name, Prefix: this.#prefix };
    for (let token: string | undefined, isMore = true; isMore;) {
      const page = { ...input, ...(token !== undefined && { ContinuationToken: token }) };
      const answer = await this.#send((s3) => s3.send(new ListObjectsV2Command(page)));
      found.push(...(answer.Contents ?? []).map(({ Key = "" }) => Key));
      token = answer.NextContinuationToken;
      isMore = answer.IsTruncated === true;
    }
    assert.deepEqual(found, [...this.#has.keys()].toSorted());
  }

  async #listVersions(): Promise<void> {
    const latest: string[] = [];
    const ids = new Set<string>();
    const input = { Bucket: this.#bucket.name, Prefix: this.#prefix };
    for (
      let KeyMarker: string | undefined, VersionIdMarker: string | undefined, isMore = true;
      isMore;
    ) {
      const markers = KeyMarker === undefined ? {} : { KeyMarker, VersionIdMarker };
      const page = { ...input, ...markers };
      const answer = await this.#send((s3) => s3.send(new ListObjectVersionsCommand(page)));
      const all = [...(answer.Versions ?? []), ...(answer.DeleteMarkers ?? [])];
      for (const { Key, VersionId } of all) {
        assert.ok(!ids.has(`${Key} ${VersionId}`), `${Key} ${VersionId} is listed twice`);
        ids.add(`${Key} ${VersionId}`);
      }
      for (const { Key = "", IsLatest } of answer.Versions ?? []) if (IsLatest) latest.push(Key);
      ({ NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = answer);
      isMore = answer.IsTruncated === true;
    }
    assert.deepEqual(latest, [...this.#has.keys()].toSorted());
  }
}
