import { createHash } from "node:crypto";
import {
  GetObjectCommand,
  GetObjectTaggingCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BUCKET_STEPS } from "../support/bucket-steps.ts";
import { type Deployment, type Deployments, deploy } from "../support/deployments.ts";
import { OBJECT_STEPS } from "../support/object-steps.ts";
import { rawSigner, sdkClient, uniqueBucket } from "../support/sdk.ts";
import { buildCommit, buildWorkerOf, type Edit, hasCommit } from "../support/worker-builds.ts";

/**
 * The oldest commit whose Durable Objects may still run, and whose gateways, when this one is deployed. It moves when PROTOCOL
 * no longer knows it.
 */
const OLDEST_COMMIT = "90e343e170c790f4dc504008621ce33506aea96e";

/** Shards that tell the id of a new version by another name. */
const RENAMED_MEMBER: Edit = {
  file: /src\/index\.ts$/,
  change: (source) => `
    ${source.replace("export { BucketIndexObject }", "import { BucketIndexObject as Shard }")}
    export class BucketIndexObject extends Shard {
      async commit(...given) {
        const answer = await super.commit(...given);
        if (!answer.value?.ok) return answer;
        const { versionId: version, ...others } = answer.value;
        return { value: { ...others, version } };
      }
    }`,
};

const NEXT_PROTOCOL: Edit = {
  file: /wire\/protocol\.ts$/,
  change: (source) => source.replace(/(?<=export const PROTOCOL = )/, "1000 + "),
};

const hasOldest = hasCommit(OLDEST_COMMIT);

let deployments: Deployments;
beforeAll(async () => {
  const build = await buildWorkerOf();
  const planted = await buildWorkerOf(undefined, RENAMED_MEMBER);
  const next = await buildWorkerOf(undefined, NEXT_PROTOCOL);
  const oldest = hasOldest ? await buildCommit(OLDEST_COMMIT) : build;
  const running: Deployment[] = [
    { name: "new", build },
    { name: "oldest", build: oldest },
    { name: "planted", build: planted },
    { name: "new gateway, oldest shards", build, objectsOf: "oldest" },
    { name: "oldest gateway, new shards", build: oldest, objectsOf: "new" },
    { name: "new gateway, planted shards", build, objectsOf: "planted" },
    { name: "next gateway, new shards", build: next, objectsOf: "new" },
  ];
  deployments = await deploy(running);
});
afterAll(() => deployments?.stop());

async function clientOf(name: string): Promise<S3Client> {
  const endpoint = await deployments.endpointOf(name);
  return sdkClient({ endpoint, credentials: deployments.credentials });
}

describe.for(["new gateway, oldest shards", "oldest gateway, new shards"])("%s", (name) => {
  test.for([...OBJECT_STEPS, ...BUCKET_STEPS])("$name", async ({ run }, { skip }) => {
    skip(!hasOldest, `there is no history to build ${OLDEST_COMMIT} from`);
    await expect(run(await clientOf(name))).resolves.toBeUndefined();
  });
});

test.for(OBJECT_STEPS.filter(({ name }) => name.startsWith("versions")))(
  "a member of an answer that is called otherwise is noticed by: $name",
  async ({ run }) => {
    await expect(run(await clientOf("new gateway, planted shards"))).rejects.toThrow();
    await expect(run(await clientOf("new"))).resolves.toBeUndefined();
  },
);

test("a method that the Directory does not have yet is SlowDown, which clients repeat", async ({
  skip,
}) => {
  skip(!hasOldest, `there is no history to build ${OLDEST_COMMIT} from`);
  const name = "new gateway, oldest shards";
  const Bucket = await uniqueBucket(await clientOf(name));
  const endpoint = await deployments.endpointOf(name);
  const signer = rawSigner({ endpoint, credentials: deployments.credentials });
  const answer = await signer.fetch(`${endpoint}/${Bucket}?metrics`);
  expect(await answer.text()).toContain("<Error><Code>SlowDown</Code>");
  expect(answer.status).toBe(503);
});

describe("an object with a customer's key", () => {
  const key = {
    SSECustomerAlgorithm: "AES256",
    SSECustomerKey: Buffer.alloc(32, 7).toString("base64"),
    SSECustomerKeyMD5: createHash("md5").update(Buffer.alloc(32, 7)).digest("base64"),
  };

  test.for([10, 100_000])(
    "of %i bytes is refused by shards that would lose its key",
    async (size, { skip }) => {
      skip(!hasOldest, `there is no history to build ${OLDEST_COMMIT} from`);
      const s3 = await clientOf("new gateway, oldest shards");
      const Bucket = await uniqueBucket(s3);
      const before = await deployments.blobIds();
      const put = new PutObjectCommand({ Bucket, Key: "k", Body: Buffer.alloc(size), ...key });
      await expect(s3.send(put)).rejects.toThrow(expect.objectContaining({ name: "SlowDown" }));
      expect(await deployments.blobIds()).toEqual(before);
    },
  );

  test.for([10, 100_000])("of %i bytes is not given to anybody as it lies there", async (size) => {
    const s3 = await clientOf("new");
    const Bucket = await uniqueBucket(s3);
    await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: Buffer.alloc(size), ...key }));
    const oldest = await clientOf("oldest gateway, new shards");
    const get = new GetObjectCommand({ Bucket, Key: "k" });
    await expect(oldest.send(get)).rejects.toThrow();
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: "k", ...key }));
    expect((await got.Body?.transformToByteArray())?.byteLength).toBe(size);
  });
});

describe("a gateway whose protocol the shards do not know", () => {
  let s3: S3Client;
  let Bucket: string;
  beforeAll(async () => {
    s3 = await clientOf("new");
    Bucket = await uniqueBucket(s3);
    await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "body" }));
  });

  async function everything(): Promise<unknown> {
    const { Buckets } = await s3.send(new ListBucketsCommand());
    const { Versions } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    const { Uploads } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
    const { TagSet } = await s3.send(new GetObjectTaggingCommand({ Bucket, Key: "k" }));
    return { Buckets, Versions, Uploads, TagSet, blobs: await deployments.blobIds() };
  }

  const TAGS = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";

  test.for([
    { method: "GET", path: "/k" },
    { method: "PUT", path: "/k", body: "more" },
    { method: "PUT", path: "/k", body: "m".repeat(100_000) },
    { method: "PUT", path: "/k?tagging", body: TAGS },
    { method: "POST", path: "/k?uploads" },
    { method: "DELETE", path: "/k" },
    { method: "GET", path: "?list-type=2" },
    { method: "DELETE", path: "" },
    { method: "PUT", path: "-new" },
  ])("asks to repeat $method of $path, and does nothing", async ({ method, path, body }) => {
    const before = await everything();
    const endpoint = await deployments.endpointOf("next gateway, new shards");
    const signer = rawSigner({ endpoint, credentials: deployments.credentials });
    const answer = await signer.fetch(`${endpoint}/${Bucket}${path}`, {
      method,
      ...(body !== undefined && { body }),
    });
    expect(await answer.text()).toContain("<Error><Code>SlowDown</Code>");
    expect(answer.status).toBe(503);
    expect(await everything()).toEqual(before);
  });
});
