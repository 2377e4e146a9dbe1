import { afterEach, describe, expect, test, vi } from "vitest";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { expectOk } from "../support/documents.ts";
import { advanceClock } from "../support/faults.ts";
import {
  BYPASS,
  deleteVersion,
  expectLocked,
  inDays,
  lockedBucket,
  lockOf,
  putLegalHold,
  putRetention,
  retained,
} from "../support/object-lock.ts";
import { putVersion } from "../support/versions.ts";

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
const NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

afterEach(() => {
  vi.useRealTimers();
});

describe("retention", () => {
  test("is what was put last", async () => {
    const bucket = await lockedBucket();
    const path = `/${bucket}/k`;
    await putVersion(bucket, "k");
    const missing = await signedFetch("GET", path, { query: { retention: "" } });
    await expectError(missing, 404, "NoSuchObjectLockConfiguration");
    const until = inDays(2);
    await expectOk(putRetention(path, "GOVERNANCE", until));
    expect(await lockOf(path)).toEqual(["GOVERNANCE", until, null]);
    const response = await signedFetch("GET", path, { query: { retention: "" } });
    expect(await response.text()).toBe(
      `${DECLARATION}<Retention ${NAMESPACE}><Mode>GOVERNANCE</Mode><RetainUntilDate>${until}</RetainUntilDate></Retention>`,
    );
  });

  test("of a version is not that of another", async () => {
    const bucket = await lockedBucket();
    const path = `/${bucket}/k`;
    const first = await putVersion(bucket, "k", "1");
    const second = await putVersion(bucket, "k", "2");
    const until = inDays(1);
    await expectOk(putRetention(path, "COMPLIANCE", until, { versionId: first }));
    expect(await lockOf(path, first)).toEqual(["COMPLIANCE", until, null]);
    expect(await lockOf(path)).toEqual([null, null, null]);
    await expectOk(deleteVersion(path, second), 204);
    await expectLocked(deleteVersion(path, first));
    expect(await lockOf(path)).toEqual(["COMPLIANCE", until, null]);
  });

  const [SOONER, UNCHANGED, LATER] = [inDays(1), inDays(2), inDays(3)];
  test.for([
    { from: "GOVERNANCE", to: "GOVERNANCE", until: LATER, plain: 200, bypass: 200 },
    { from: "GOVERNANCE", to: "GOVERNANCE", until: UNCHANGED, plain: 200, bypass: 200 },
    { from: "GOVERNANCE", to: "GOVERNANCE", until: SOONER, plain: 403, bypass: 200 },
    { from: "GOVERNANCE", to: "COMPLIANCE", until: LATER, plain: 403, bypass: 200 },
    { from: "GOVERNANCE", to: undefined, until: LATER, plain: 403, bypass: 200 },
    { from: "COMPLIANCE", to: "COMPLIANCE", until: LATER, plain: 200, bypass: 200 },
    { from: "COMPLIANCE", to: "COMPLIANCE", until: SOONER, plain: 403, bypass: 403 },
    { from: "COMPLIANCE", to: "GOVERNANCE", until: LATER, plain: 403, bypass: 403 },
    { from: "COMPLIANCE", to: undefined, until: LATER, plain: 403, bypass: 403 },
  ] as const)(
    "from $from to $to until $until: $plain, with bypass $bypass",
    async ({ from, to, until, plain, bypass }) => {
      const bucket = await lockedBucket();
      const path = `/${bucket}/k`;
      for (const [headers, status] of [
        [{}, plain],
        [BYPASS, bypass],
      ] as const) {
        await putObject(bucket, "k", "x", retained(from, UNCHANGED));
        const response = putRetention(path, to, until, { headers });
        if (status === 403) await expectLocked(response);
        else await expectOk(response);
        const [mode = null, date = null] =
          status === 403 ? [from, UNCHANGED] : (to && [to, until]) || [];
        expect(await lockOf(path)).toEqual([mode, date, null]);
      }
    },
  );

  test.for([
    ["COMPLIANCE", "2020-01-01T00:00:00Z", "InvalidArgument"],
    ["governance", inDays(1), "MalformedXML"],
    ["GOVERNANCE", "tomorrow", "MalformedXML"],
  ] as const)("of %s until %s is %s", async ([mode, until, code]) => {
    const bucket = await lockedBucket();
    await putVersion(bucket, "k");
    await expectError(await putRetention(`/${bucket}/k`, mode, until), 400, code);
    expect(await lockOf(`/${bucket}/k`)).toEqual([null, null, null]);
  });

  test("that has ended holds nothing, and is told on", async () => {
    const bucket = await lockedBucket();
    const path = `/${bucket}/k`;
    const until = inDays(1);
    const first = await putVersion(bucket, "k", "1", retained("COMPLIANCE", until));
    const second = await putVersion(bucket, "k", "2", retained("COMPLIANCE", until));
    advanceClock(86_400_000);
    expect(await lockOf(path)).toEqual(["COMPLIANCE", until, null]);
    await expectOk(putRetention(path, "GOVERNANCE", inDays(1), { versionId: second }));
    await expectLocked(deleteVersion(path, second));
    await expectOk(deleteVersion(path, first), 204);
  });

  test("needs something that vouches for its document", async () => {
    const bucket = await lockedBucket();
    await putVersion(bucket, "k");
    const headers = { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
    const response = putRetention(`/${bucket}/k`, "GOVERNANCE", inDays(1), { headers });
    await expectError(await response, 400, "InvalidRequest");
  });
});

describe("a legal hold", () => {
  test("is ON or OFF once anybody has said so", async () => {
    const bucket = await lockedBucket();
    const path = `/${bucket}/k`;
    await putVersion(bucket, "k");
    const missing = await signedFetch("GET", path, { query: { "legal-hold": "" } });
    await expectError(missing, 404, "NoSuchObjectLockConfiguration");
    for (const status of ["ON", "OFF"]) {
      await expectOk(putLegalHold(path, status));
      expect(await lockOf(path)).toEqual([null, null, status]);
      const response = await signedFetch("GET", path, { query: { "legal-hold": "" } });
      expect(await response.text()).toBe(
        `${DECLARATION}<LegalHold ${NAMESPACE}><Status>${status}</Status></LegalHold>`,
      );
    }
    await expectError(await putLegalHold(path, "on"), 400, "MalformedXML");
  });

  test("keeps a version whatever its retention, and whoever asks", async () => {
    const bucket = await lockedBucket();
    const path = `/${bucket}/k`;
    const version = await putVersion(bucket, "k", "x", retained("GOVERNANCE"));
    await expectOk(putLegalHold(path, "ON"));
    await expectLocked(deleteVersion(path, version, BYPASS));
    await expectOk(putLegalHold(path, "OFF", version));
    await expectLocked(deleteVersion(path, version));
    await expectOk(deleteVersion(path, version, BYPASS), 204);
  });
});

describe("retention and legal hold", () => {
  const SUBRESOURCES = ["retention", "legal-hold"] as const;

  test("of a bucket without Object Lock are InvalidRequest", async () => {
    const bucket = await uniqueBucket();
    await putObject(bucket, "k");
    const answers = [
      await putRetention(`/${bucket}/k`, "GOVERNANCE"),
      await putLegalHold(`/${bucket}/k`, "ON"),
    ];
    for (const name of SUBRESOURCES)
      answers.push(await signedFetch("GET", `/${bucket}/k`, { query: { [name]: "" } }));
    for (const answer of answers) {
      const document = await expectError(answer, 400, "InvalidRequest");
      expect(elements(document, "Message")).toEqual([
        "Bucket is missing Object Lock Configuration",
      ]);
    }
  });

  test("of what does not exist are NoSuchKey, or NoSuchVersion", async () => {
    const bucket = await lockedBucket();
    const path = `/${bucket}/k`;
    const gone = await putVersion(bucket, "k");
    await expectOk(deleteVersion(path, gone), 204);
    await expectError(await putRetention(path, "GOVERNANCE"), 404, "NoSuchKey");
    await expectError(await putLegalHold(path, "ON"), 404, "NoSuchKey");
    await expectError(await putLegalHold(path, "ON", gone), 404, "NoSuchVersion");
    for (const name of SUBRESOURCES) {
      const query = { [name]: "" };
      await expectError(await signedFetch("GET", path, { query }), 404, "NoSuchKey");
      const one = await signedFetch("GET", path, { query: { ...query, versionId: gone } });
      await expectError(one, 404, "NoSuchVersion");
    }
  });

  test("of a delete marker are MethodNotAllowed", async () => {
    const bucket = await lockedBucket();
    const path = `/${bucket}/k`;
    const { headers } = await expectOk(signedFetch("DELETE", path), 204);
    const versionId = headers.get("x-amz-version-id") ?? "";
    const put = putRetention(path, "GOVERNANCE", inDays(1), { versionId });
    await expectError(await put, 405, "MethodNotAllowed");
    for (const name of SUBRESOURCES) {
      const query = { [name]: "", versionId };
      await expectError(await signedFetch("GET", path, { query }), 405, "MethodNotAllowed");
    }
  });
});
