import { describe, expect, test } from "vitest";
import { atRandom } from "../support/campaign.ts";
import { expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { completed, createUpload, putPart, complete } from "../support/multipart.ts";
import { versionedBucket } from "../support/versions.ts";

const WRITERS = atRandom({ test: 50, campaign: 200 });
const ROUNDS = 3;

type Headers = Readonly<Record<string, string>>;

/** All at once; the one that won. */
async function race(bucket: string, headers: Headers): Promise<Response> {
  const puts = Array.from({ length: WRITERS }, (_, i) =>
    signedFetch("PUT", `/${bucket}/k`, { body: `${headers["if-match"] ?? ""} ${i}`, headers }),
  );
  const responses = await Promise.all(puts);
  const winners = responses.filter(({ status }) => status === 200);
  const losers = responses.filter(({ status }) => status === 412);
  expect([winners.length, losers.length]).toEqual([1, WRITERS - 1]);
  const [winner] = winners;
  if (winner === undefined) throw new Error("nobody won");
  return winner;
}

describe.for([
  ["a bucket without versions", uniqueBucket],
  ["a bucket with versions", versionedBucket],
] as const)("in %s", ([, makeBucket]) => {
  test(`of ${WRITERS} writers that race with conditions, one wins each round`, async () => {
    const bucket = await makeBucket();
    let winner = await race(bucket, { "if-none-match": "*" });
    for (let round = 0; round < ROUNDS; round += 1) {
      const etag = winner.headers.get("etag") ?? "";
      winner = await race(bucket, { "if-match": etag });
      const current = await signedFetch("HEAD", `/${bucket}/k`);
      expect(current.headers.get("etag")).toBe(winner.headers.get("etag"));
    }
  });

  test("If-Match on a key that is not there is NoSuchKey, for every way to write", async () => {
    const bucket = await makeBucket();
    await putObject(bucket, "source", "body");
    const headers = { "if-match": '"0123"' };
    const put = await signedFetch("PUT", `/${bucket}/k`, { body: "x", headers });
    await expectError(put, 404, "NoSuchKey");
    const copy = await signedFetch("PUT", `/${bucket}/k`, {
      headers: { ...headers, "x-amz-copy-source": `/${bucket}/source` },
    });
    await expectError(copy, 404, "NoSuchKey");
    const uploadId = await createUpload(bucket, "k");
    const part = await putPart(bucket, "k", uploadId, 1, "x");
    const refused = await complete(bucket, "k", uploadId, [part], headers);
    await expectError(refused, 404, "NoSuchKey");
    await completed(bucket, "k", uploadId, [part]);
  });

  test.for([
    { name: "If-None-Match", value: "*" },
    { name: "If-Match", value: '"0123"' },
  ])("$name that is not met is named, for every way to write", async ({ name, value }) => {
    const bucket = await makeBucket();
    await putObject(bucket, "k", "body");
    await putObject(bucket, "source", "body");
    const headers = { [name]: value };
    const uploadId = await createUpload(bucket, "k");
    const part = await putPart(bucket, "k", uploadId, 1, "x");
    const source = { "x-amz-copy-source": `/${bucket}/source` };
    const offset = { "x-amz-write-offset-bytes": "4" };
    for (const refused of [
      await signedFetch("PUT", `/${bucket}/k`, { body: "x", headers }),
      await signedFetch("PUT", `/${bucket}/k`, { headers: { ...headers, ...source } }),
      await signedFetch("PUT", `/${bucket}/k`, { body: "x", headers: { ...headers, ...offset } }),
      await complete(bucket, "k", uploadId, [part], headers),
    ])
      expect(await expectError(refused, 412, "PreconditionFailed")).toContain(
        `<Condition>${name}</Condition>`,
      );
    expect(await (await signedFetch("GET", `/${bucket}/k`)).text()).toBe("body");
  });

  test.for(["if-unmodified-since", "if-modified-since"])(
    "a write with %s, which AWS does not know, is refused, not done without",
    async (name) => {
      const bucket = await makeBucket();
      await putObject(bucket, "k", "body");
      const headers = { [name]: new Date(0).toUTCString() };
      const uploadId = await createUpload(bucket, "k");
      const part = await putPart(bucket, "k", uploadId, 1, "x");
      const source = { "x-amz-copy-source": `/${bucket}/k` };
      for (const refused of [
        await signedFetch("PUT", `/${bucket}/k`, { body: "x", headers }),
        await signedFetch("PUT", `/${bucket}/k`, { headers: { ...headers, ...source } }),
        await signedFetch("DELETE", `/${bucket}/k`, { headers }),
        await complete(bucket, "k", uploadId, [part], headers),
      ])
        expect((await expectError(refused, 501, "NotImplemented")).toLowerCase()).toContain(
          `<header>${name}</header>`,
        );
      expect(await (await signedFetch("GET", `/${bucket}/k`)).text()).toBe("body");
    },
  );

  test("a conditional completion is in conflict with what happened since its upload began", async () => {
    const bucket = await makeBucket();
    const etag = (await putObject(bucket, "k", "body")).headers.get("etag") ?? "";
    const begin = async () => {
      const uploadId = await createUpload(bucket, "k");
      const part = await putPart(bucket, "k", uploadId, 1, "x");
      return (headers: Headers) => complete(bucket, "k", uploadId, [part], headers);
    };
    const finish = await begin();
    await signedFetch("DELETE", `/${bucket}/k`);
    const once = { "if-none-match": "*" };
    await expectError(await finish(once), 409, "ConditionalRequestConflict");
    await putObject(bucket, "k", "body");
    await expectError(await finish({ "if-match": etag }), 409, "ConditionalRequestConflict");
    await signedFetch("DELETE", `/${bucket}/k`);
    const again = await begin();
    expect((await again(once)).status).toBe(200);
  });
});
