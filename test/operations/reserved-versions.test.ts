import { describe, expect, test } from "vitest";
import { elements, expectError, signedFetch, uniqueBucket } from "../support/client.ts";
import { expectOk } from "../support/documents.ts";
import { envWithFailing, faultyFetch } from "../support/faults.ts";
import { complete, completionOf, putPart } from "../support/multipart.ts";
import {
  get,
  listVersions,
  putVersion,
  remove,
  setVersioning,
  versionedBucket,
} from "../support/versions.ts";

const HEADER = "x-amz-version-id";
const KEY = "k";

async function idsIn(bucket: string): Promise<readonly string[]> {
  return (await listVersions(bucket)).versions.flatMap(({ key, id }) => (key === KEY ? [id] : []));
}

interface Begun {
  readonly uploadId: string;
  readonly versionId: string | null;
}

async function begin(bucket: string): Promise<Begun> {
  const response = await expectOk(
    signedFetch("POST", `/${bucket}/${KEY}`, { query: { uploads: "" } }),
  );
  const versionId = response.headers.get(HEADER);
  return { uploadId: elements(await response.text(), "UploadId")[0] ?? "", versionId };
}

/** Begins an upload of one part. */
async function uploaded(bucket: string, body = "x") {
  const begun = await begin(bucket);
  const part = await putPart(bucket, KEY, begun.uploadId, 1, body);
  return { ...begun, versionId: begun.versionId ?? "", parts: [part] };
}

describe("the version id of an upload in a bucket with versions", () => {
  test("is told from the beginning, by each answer about the upload, and is the object's", async () => {
    const bucket = await versionedBucket();
    const path = `/${bucket}/${KEY}`;
    const { uploadId, versionId, parts } = await uploaded(bucket);
    expect(versionId).toMatch(/^[0-9a-z]{32}$/);
    const query = { uploadId, partNumber: "2" };
    const headers = { "x-amz-copy-source": `/${bucket}/from` };
    await putVersion(bucket, "from");
    for (const ask of [
      () => signedFetch("PUT", path, { query, body: "x" }),
      () => signedFetch("PUT", path, { query, headers }),
      () => signedFetch("GET", path, { query: { uploadId } }),
      () => complete(bucket, KEY, uploadId, parts),
      () => signedFetch("GET", path),
    ])
      expect((await expectOk(ask())).headers.get(HEADER)).toBe(versionId);
  });

  test("is in the list of uploads, and told when it is aborted", async () => {
    const bucket = await versionedBucket();
    const { uploadId, versionId } = await begin(bucket);
    const listed = await signedFetch("GET", `/${bucket}`, { query: { uploads: "" } });
    expect(elements(await listed.text(), "VersionId")).toEqual([versionId]);
    const aborted = await signedFetch("DELETE", `/${bucket}/${KEY}`, { query: { uploadId } });
    expect([aborted.status, aborted.headers.get(HEADER)]).toEqual([204, versionId]);
    await expectError(await get(bucket, KEY, versionId ?? ""), 404, "NoSuchVersion");
  });

  test("finds the version wherever it is, in the order of the writes", async () => {
    const bucket = await versionedBucket();
    const { uploadId, versionId, parts } = await uploaded(bucket, "of parts");
    const before = await putVersion(bucket, KEY, "before");
    await expectOk(complete(bucket, KEY, uploadId, parts));
    const after = await putVersion(bucket, KEY, "after");
    expect(await idsIn(bucket)).toEqual([after, versionId, before]);
    expect(await (await get(bucket, KEY, versionId)).text()).toBe("of parts");
    // Back to the front, and away for good.
    expect((await remove(bucket, KEY, after)).status).toBe(204);
    expect((await get(bucket, KEY)).headers.get(HEADER)).toBe(versionId);
    const again = await putVersion(bucket, KEY, "again");
    expect((await remove(bucket, KEY, versionId)).status).toBe(204);
    await expectError(await get(bucket, KEY, versionId), 404, "NoSuchVersion");
    expect(await idsIn(bucket)).toEqual([again, before]);
  });

  test("is a place from which a listing goes on", async () => {
    const bucket = await versionedBucket();
    const first = await putVersion(bucket, KEY);
    const { uploadId, versionId, parts } = await uploaded(bucket);
    await expectOk(complete(bucket, KEY, uploadId, parts));
    const last = await putVersion(bucket, KEY);
    const pageAfter = async (marker: string) => {
      const query = { versions: "", "key-marker": KEY, "version-id-marker": marker };
      const response = await expectOk(signedFetch("GET", `/${bucket}`, { query }));
      return elements(await response.text(), "VersionId");
    };
    expect(await pageAfter(last)).toEqual([versionId, first]);
    expect(await pageAfter(versionId)).toEqual([first]);
  });

  test("is used once: a repeated completion tells it again, and of two uploads each has its own", async () => {
    const bucket = await versionedBucket();
    const [one, other] = [await uploaded(bucket), await uploaded(bucket)];
    expect(one.versionId).not.toBe(other.versionId);
    const answers = await Promise.all(
      [one, one, other].map(({ uploadId, parts }) =>
        expectOk(complete(bucket, KEY, uploadId, parts)),
      ),
    );
    expect(answers.map(({ headers }) => headers.get(HEADER))).toEqual([
      one.versionId,
      one.versionId,
      other.versionId,
    ]);
    const ids = await idsIn(bucket);
    expect(ids.toSorted()).toEqual([one.versionId, other.versionId].toSorted());
  });

  test("is the one that was told, when the completion's answer was lost and it is sent again", async () => {
    const bucket = await versionedBucket();
    const { uploadId, versionId, parts } = await uploaded(bucket);
    const lost = await faultyFetch(
      envWithFailing("completeUpload", "after"),
      "POST",
      `/${bucket}/${KEY}`,
      {
        query: { uploadId },
        body: completionOf(parts),
      },
    );
    expect(lost.status).toBe(500);
    const again = await expectOk(complete(bucket, KEY, uploadId, parts));
    expect(again.headers.get(HEADER)).toBe(versionId);
    expect(await idsIn(bucket)).toEqual([versionId]);
  });

  test("of an upload that is completed and aborted at once is either the object's or nobody's", async () => {
    const bucket = await versionedBucket();
    for (let n = 0; n < 5; n += 1) {
      const { uploadId, versionId, parts } = await uploaded(bucket);
      const [completed] = await Promise.all([
        complete(bucket, KEY, uploadId, parts),
        signedFetch("DELETE", `/${bucket}/${KEY}`, { query: { uploadId } }),
      ]);
      const ids = await idsIn(bucket);
      expect(ids.includes(versionId)).toBe(completed.status === 200);
    }
  });
});

describe("an upload has no version id", () => {
  test("in a bucket without versions", async () => {
    const bucket = await uniqueBucket();
    const { uploadId, versionId } = await begin(bucket);
    expect(versionId).toBeNull();
    const part = await putPart(bucket, KEY, uploadId, 1, "x");
    const listed = await signedFetch("GET", `/${bucket}`, { query: { uploads: "" } });
    expect(elements(await listed.text(), "VersionId")).toEqual([]);
    const completed = await expectOk(complete(bucket, KEY, uploadId, [part]));
    expect(completed.headers.get(HEADER)).toBeNull();
  });

  test("once versioning is suspended: it becomes the null version", async () => {
    const bucket = await versionedBucket();
    const { uploadId, versionId, parts } = await uploaded(bucket);
    await setVersioning(bucket, "Suspended");
    const path = `/${bucket}/${KEY}`;
    const listed = await signedFetch("GET", path, { query: { uploadId } });
    expect(listed.headers.get(HEADER)).toBeNull();
    await expectOk(complete(bucket, KEY, uploadId, parts));
    expect(await idsIn(bucket)).toEqual(["null"]);
    await expectError(await get(bucket, KEY, versionId), 404, "NoSuchVersion");
  });

  test("that began before there were versions: it gets one when it is completed", async () => {
    const bucket = await uniqueBucket();
    const { uploadId, parts } = await uploaded(bucket);
    await setVersioning(bucket, "Enabled");
    const completed = await expectOk(complete(bucket, KEY, uploadId, parts));
    const versionId = completed.headers.get(HEADER);
    expect(await idsIn(bucket)).toEqual([versionId]);
  });
});
