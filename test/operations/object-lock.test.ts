import { describe, expect, test } from "vitest";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { copied, copy } from "../support/copy.ts";
import { expectOk } from "../support/documents.ts";
import { completed, createUpload, putPart } from "../support/multipart.ts";
import {
  BYPASS,
  deleteVersion,
  expectLocked,
  HOLD,
  inDays,
  lockedBucket,
  lockOf,
  MODE,
  putLockConfiguration,
  retained,
  ruleOf,
  UNTIL,
} from "../support/object-lock.ts";
import { putVersion } from "../support/versions.ts";

describe("uploads", () => {
  test.for(["x", "x".repeat(20_000)])("bring a lock in their headers (%#)", async (body) => {
    const bucket = await lockedBucket();
    const until = inDays(1);
    await putObject(bucket, "k", body, { ...retained("GOVERNANCE", until), [HOLD]: "ON" });
    expect(await lockOf(`/${bucket}/k`)).toEqual(["GOVERNANCE", until, "ON"]);
    const { headers } = await signedFetch("GET", `/${bucket}/k`);
    expect([MODE, UNTIL, HOLD].map((name) => headers.get(name))).toEqual([
      "GOVERNANCE",
      until,
      "ON",
    ]);
  });

  test("store nothing when their lock is refused", async () => {
    const bucket = await lockedBucket();
    const headers = { [MODE]: "GOVERNANCE" };
    const response = await signedFetch("PUT", `/${bucket}/k`, { headers, body: "x" });
    const document = await expectError(response, 400, "InvalidArgument");
    expect(elements(document, "ArgumentName")).toEqual([UNTIL]);
    expect((await signedFetch("HEAD", `/${bucket}/k`)).status).toBe(404);
  });

  test.for([retained("GOVERNANCE"), { [HOLD]: "ON" }, { [HOLD]: "OFF" }])(
    "with %j into a bucket without Object Lock are InvalidRequest",
    async (headers) => {
      const bucket = await uniqueBucket();
      const response = await signedFetch("PUT", `/${bucket}/k`, { headers, body: "x" });
      const document = await expectError(response, 400, "InvalidRequest");
      expect(elements(document, "Message")).toEqual([
        "Bucket is missing Object Lock Configuration",
      ]);
    },
  );

  test("of many parts bring a lock from their beginning", async () => {
    const bucket = await lockedBucket();
    const until = inDays(1);
    const lock = { ...retained("GOVERNANCE", until), [HOLD]: "ON" };
    const uploadId = await createUpload(bucket, "k", lock);
    await completed(bucket, "k", uploadId, [await putPart(bucket, "k", uploadId, 1, "x")]);
    expect(await lockOf(`/${bucket}/k`)).toEqual(["GOVERNANCE", until, "ON"]);
  });

  test("of many parts are retained by the bucket's rule", async () => {
    const bucket = await lockedBucket();
    await expectOk(putLockConfiguration(bucket, ruleOf("COMPLIANCE", "<Days>1</Days>")));
    const uploadId = await createUpload(bucket, "k");
    await completed(bucket, "k", uploadId, [await putPart(bucket, "k", uploadId, 1, "x")]);
    expect((await lockOf(`/${bucket}/k`))[0]).toBe("COMPLIANCE");
  });

  const UNSIGNED = { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };

  test("of locked objects need something that vouches for the body", async () => {
    const bucket = await lockedBucket();
    const put = (headers: Readonly<Record<string, string>>): Promise<Response> =>
      signedFetch("PUT", `/${bucket}/k`, { headers: { ...UNSIGNED, ...headers }, body: "hello" });
    await expectError(await put(retained("GOVERNANCE")), 400, "InvalidRequest");
    await expectError(await put({ [HOLD]: "ON" }), 400, "InvalidRequest");
    await expectOk(put({ [HOLD]: "ON", "x-amz-checksum-crc32": "NhCmhg==" }));
    await expectOk(put({ [HOLD]: "ON", "content-md5": "XUFAKrxLKna5cZ2REBfFkg==" }));
    await expectOk(put({}));
    await expectOk(putLockConfiguration(bucket, ruleOf("GOVERNANCE", "<Days>1</Days>")));
    await expectError(await put({}), 400, "InvalidRequest");
    await expectOk(putLockConfiguration(bucket));
    await expectOk(put({}));
  });
});

describe("copies", () => {
  test("have no lock of their source, but that of their own headers", async () => {
    const bucket = await lockedBucket();
    await putObject(bucket, "k", "x", { ...retained("COMPLIANCE"), [HOLD]: "ON" });
    await copied(`${bucket}/k`, `${bucket}/free`);
    expect(await lockOf(`/${bucket}/free`)).toEqual([null, null, null]);
    const until = inDays(2);
    await copied(`${bucket}/k`, `${bucket}/locked`, retained("GOVERNANCE", until));
    expect(await lockOf(`/${bucket}/locked`)).toEqual(["GOVERNANCE", until, null]);
  });

  test("are retained by the rule of their bucket", async () => {
    const [source, bucket] = [await uniqueBucket(), await lockedBucket()];
    await putObject(source, "k", "x");
    await expectOk(putLockConfiguration(bucket, ruleOf("GOVERNANCE", "<Days>1</Days>")));
    await copied(`${source}/k`, `${bucket}/k`);
    expect((await lockOf(`/${bucket}/k`))[0]).toBe("GOVERNANCE");
  });

  test("with a lock into a bucket without Object Lock are InvalidRequest", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k", "x");
    const response = copy(`${bucket}/k`, `${bucket}/copy`, { [HOLD]: "ON" });
    await expectError(await response, 400, "InvalidRequest");
  });
});

describe("deletes", () => {
  test("of a locked version are refused; a marker, and other versions, go", async () => {
    const bucket = await lockedBucket();
    const path = `/${bucket}/k`;
    const locked = await putVersion(bucket, "k", "x", retained("GOVERNANCE"));
    const { headers } = await expectOk(signedFetch("DELETE", path), 204);
    await expectLocked(deleteVersion(path, locked));
    await expectOk(deleteVersion(path, headers.get("x-amz-version-id") ?? ""), 204);
    const free = await putVersion(bucket, "k", "y");
    await expectOk(deleteVersion(path, free), 204);
    expect(await (await signedFetch("GET", path)).text()).toBe("x");
    await expectOk(deleteVersion(path, locked, BYPASS), 204);
  });

  test("under COMPLIANCE are refused even with bypass", async () => {
    const bucket = await lockedBucket();
    const locked = await putVersion(bucket, "k", "x", retained("COMPLIANCE"));
    await expectLocked(deleteVersion(`/${bucket}/k`, locked, BYPASS));
    await expectError(await signedFetch("DELETE", `/${bucket}`), 409, "BucketNotEmpty");
  });

  test("of many are refused one by one", async () => {
    const bucket = await lockedBucket();
    const locked = await putVersion(bucket, "locked", "x", retained("GOVERNANCE"));
    const free = await putVersion(bucket, "free", "x");
    const body = `<Delete><Object><Key>locked</Key><VersionId>${locked}</VersionId></Object><Object><Key>free</Key><VersionId>${free}</VersionId></Object></Delete>`;
    const remove = async (headers: Readonly<Record<string, string>>): Promise<string> => {
      const query = { delete: "" };
      return (await expectOk(signedFetch("POST", `/${bucket}`, { query, headers, body }))).text();
    };
    const document = await remove({});
    expect(document).toContain(`<Deleted><Key>free</Key><VersionId>${free}</VersionId></Deleted>`);
    expect(document).toContain(
      `<Error><Key>locked</Key><VersionId>${locked}</VersionId><Code>AccessDenied</Code><Message>Access Denied because object protected by object lock.</Message></Error>`,
    );
    expect(elements(await remove(BYPASS), "Code")).toEqual([]);
    await expectOk(signedFetch("DELETE", `/${bucket}`), 204);
  });
});
