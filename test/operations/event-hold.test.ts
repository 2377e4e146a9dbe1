import { afterEach, describe, expect, test, vi } from "vitest";
import { elements, expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { expectOk, putDocument } from "../support/documents.ts";
import { allowedForm, type Fields, formBody, sendForm } from "../support/form.ts";
import { advanceClock } from "../support/faults.ts";
import { completed, createUpload, putPart } from "../support/multipart.ts";
import {
  BYPASS,
  deleteVersion,
  EVENT_HOLD,
  expectLocked,
  inDays,
  lockedBucket,
  lockOf,
  putLockConfiguration,
  retained,
} from "../support/object-lock.ts";
import { putVersion } from "../support/versions.ts";

const DAYS = `${EVENT_HOLD}-duration-days`;
const YEARS = `${EVENT_HOLD}-duration-years`;
const DAY_MS = 86_400_000;

const held = (days: number) => ({ [EVENT_HOLD]: "ON", [DAYS]: String(days) });
const on = (duration: string): string =>
  `<EventHold>ON</EventHold><EventHoldDuration>${duration}</EventHoldDuration>`;
const OFF = "<EventHold>OFF</EventHold>";

interface Options {
  readonly headers?: Readonly<Record<string, string>>;
  readonly versionId?: string;
}

function putHold(path: string, content: string, options: Options = {}): Promise<Response> {
  const { headers = {}, versionId } = options;
  const query = { retention: "", ...(versionId !== undefined && { versionId }) };
  return putDocument(path, query, "Retention", content, headers);
}

/** What HEAD tells of the event hold: status, days, years. */
async function holdOf(path: string): Promise<(string | null)[]> {
  const { headers } = await expectOk(signedFetch("HEAD", path));
  return [EVENT_HOLD, DAYS, YEARS].map((name) => headers.get(name));
}

async function retentionOf(path: string): Promise<string> {
  const response = await expectOk(signedFetch("GET", path, { query: { retention: "" } }));
  return (await response.text()).replace(/^.*<Retention [^>]*>|<\/Retention>$/gs, "");
}

afterEach(() => {
  vi.useRealTimers();
});

describe("an event hold", () => {
  test("is what an upload says, and keeps the version from everybody", async () => {
    const bucket = await lockedBucket();
    const path = `/${bucket}/k`;
    const version = await putVersion(bucket, "k", "x", held(30));
    expect(await holdOf(path)).toEqual(["ON", "30", null]);
    expect(await lockOf(path)).toEqual([null, null, null]);
    expect(await retentionOf(path)).toBe(on("<Days>30</Days>"));
    await expectLocked(deleteVersion(path, version));
    await expectLocked(deleteVersion(path, version, BYPASS));
    advanceClock(40 * DAY_MS);
    await expectLocked(deleteVersion(path, version, BYPASS));
    // A marker takes nothing away.
    await expectOk(signedFetch("DELETE", path), 204);
  });

  test("becomes a retention when it is released, from then on", async () => {
    const bucket = await lockedBucket();
    const path = `/${bucket}/k`;
    const version = await putVersion(bucket, "k", "x", held(30));
    advanceClock(10 * DAY_MS);
    await expectLocked(putHold(path, OFF));
    await expectOk(putHold(path, OFF, { headers: BYPASS }));
    expect(await holdOf(path)).toEqual(["OFF", null, null]);
    const [mode, until] = await lockOf(path);
    expect(mode).toBe("GOVERNANCE");
    const left = Date.parse(until ?? "") - Date.now();
    expect(Math.abs(left - 30 * DAY_MS)).toBeLessThan(60_000);
    expect(await retentionOf(path)).toBe(
      `<Mode>GOVERNANCE</Mode><RetainUntilDate>${until}</RetainUntilDate>${OFF}`,
    );
    await expectLocked(deleteVersion(path, version));
    // Once more, it changes nothing.
    await expectOk(putHold(path, OFF));
    expect(await lockOf(path)).toEqual([mode, until, null]);
    advanceClock(31 * DAY_MS);
    await expectOk(deleteVersion(path, version), 204);
  });

  test("never makes a retention shorter, and keeps its mode", async () => {
    const bucket = await lockedBucket();
    const path = `/${bucket}/k`;
    const long = inDays(100);
    await putVersion(bucket, "k", "x", { ...held(30), ...retained("COMPLIANCE", long) });
    await expectOk(putHold(path, OFF, { headers: BYPASS }));
    expect(await lockOf(path)).toEqual(["COMPLIANCE", long, null]);
    await putVersion(bucket, "k", "x", { ...held(30), ...retained("COMPLIANCE", inDays(1)) });
    await expectOk(putHold(path, OFF, { headers: BYPASS }));
    const [mode, until] = await lockOf(path);
    expect(mode).toBe("COMPLIANCE");
    expect(Date.parse(until ?? "") - Date.now()).toBeGreaterThan(29 * DAY_MS);
  });

  test("is put on later, lasts for longer for everybody, and for less only past GOVERNANCE", async () => {
    const bucket = await lockedBucket();
    const path = `/${bucket}/k`;
    await putVersion(bucket, "k");
    await expectOk(putHold(path, on("<Days>30</Days>")));
    await expectOk(putHold(path, on("<Years>1</Years>")));
    expect(await holdOf(path)).toEqual(["ON", null, "1"]);
    await expectLocked(putHold(path, on("<Days>30</Days>")));
    expect(await holdOf(path)).toEqual(["ON", null, "1"]);
    await expectOk(putHold(path, on("<Days>30</Days>"), { headers: BYPASS }));
    expect(await holdOf(path)).toEqual(["ON", "30", null]);
  });

  test("and a retention are put at once, and each alone leaves the other", async () => {
    const bucket = await lockedBucket();
    const path = `/${bucket}/k`;
    await putVersion(bucket, "k");
    const until = inDays(2);
    const retention = `<Mode>GOVERNANCE</Mode><RetainUntilDate>${until}</RetainUntilDate>`;
    await expectOk(putHold(path, retention + on("<Days>1</Days>")));
    expect(await retentionOf(path)).toBe(retention + on("<Days>1</Days>"));
    await expectOk(putHold(path, on("<Days>2</Days>")));
    expect(await retentionOf(path)).toBe(retention + on("<Days>2</Days>"));
    // An empty document is about the retention.
    await expectOk(putHold(path, "", { headers: BYPASS }));
    expect(await retentionOf(path)).toBe(on("<Days>2</Days>"));
    // What one part forbids, the other does not do.
    await expectOk(putHold(path, retention));
    const sooner = retention.replace(until, inDays(1));
    await expectLocked(putHold(path, sooner + on("<Days>9</Days>")));
    expect(await retentionOf(path)).toBe(retention + on("<Days>2</Days>"));
  });

  test.for([
    ["<EventHold>ON</EventHold>", "MalformedXML"],
    [on(""), "InvalidArgument"],
    [on("<Days>0</Days>"), "InvalidArgument"],
    [on("<Days>1</Days><Years>1</Years>"), "InvalidArgument"],
    [`${OFF}<EventHoldDuration><Days>1</Days></EventHoldDuration>`, "MalformedXML"],
    ["<EventHold>on</EventHold>", "MalformedXML"],
    [`<Mode>GOVERNANCE</Mode>${on("<Days>1</Days>")}`, "MalformedXML"],
  ] as const)("of %s is %s, and changes nothing", async ([content, code]) => {
    const bucket = await lockedBucket();
    const path = `/${bucket}/k`;
    await putVersion(bucket, "k");
    await expectError(await putHold(path, content), 400, code);
    expect(await holdOf(path)).toEqual([null, null, null]);
  });

  test("needs a bucket with Object Lock, and something that vouches for the body", async () => {
    const plain = await uniqueBucket();
    const response = await signedFetch("PUT", `/${plain}/k`, { headers: held(1), body: "x" });
    await expectError(response, 400, "InvalidRequest");
    const headers = { ...held(1), "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
    const path = `/${await lockedBucket()}/k`;
    const unvouched = await signedFetch("PUT", path, { headers, body: "x" });
    await expectError(unvouched, 400, "InvalidRequest");
  });

  test("is that of a copy, and of a multipart upload, as they say; no copy has its source's", async () => {
    const bucket = await lockedBucket();
    await putObject(bucket, "from", "x", held(5));
    const source = { "x-amz-copy-source": `/${bucket}/from` };
    await expectOk(signedFetch("PUT", `/${bucket}/plain`, { headers: source }));
    expect(await holdOf(`/${bucket}/plain`)).toEqual([null, null, null]);
    const headers = { ...source, ...held(6) };
    await expectOk(signedFetch("PUT", `/${bucket}/copy`, { headers }));
    expect(await holdOf(`/${bucket}/copy`)).toEqual(["ON", "6", null]);
    const uploadId = await createUpload(bucket, "parts", held(7));
    await completed(bucket, "parts", uploadId, [await putPart(bucket, "parts", uploadId, 1, "x")]);
    expect(await holdOf(`/${bucket}/parts`)).toEqual(["ON", "7", null]);
  });
});

test("the fields of a form say it as headers do", async () => {
  const bucket = await lockedBucket();
  const fields: Fields = [
    ["key", "form"],
    [EVENT_HOLD, "ON"],
    [YEARS, "2"],
    ["Content-MD5", "hBotaJrYa9FhFEdFPCLG/A=="],
  ];
  const form = allowedForm(bucket, fields);
  const response = await sendForm(bucket, formBody(form, { file: "body", fileName: "a.txt" }));
  expect(response.status, await response.text()).toBe(204);
  expect(await holdOf(`/${bucket}/form`)).toEqual(["ON", null, "2"]);
});

describe("a bucket's DefaultEventHold", () => {
  const rule = (content: string): string =>
    `<Rule><DefaultRetention>${content}</DefaultRetention></Rule>`;
  const HELD = "<DefaultEventHold><Days>9</Days></DefaultEventHold>";

  test("holds what says nothing of locks, alone or beside a default retention", async () => {
    const bucket = await lockedBucket();
    const path = `/${bucket}/k`;
    await expectOk(putLockConfiguration(bucket, rule(HELD)));
    await putVersion(bucket, "k");
    expect(await holdOf(path)).toEqual(["ON", "9", null]);
    expect(await lockOf(path)).toEqual([null, null, null]);
    const both = `<Mode>COMPLIANCE</Mode><Days>1</Days>${HELD}`;
    await expectOk(putLockConfiguration(bucket, rule(both)));
    const shown = await signedFetch("GET", `/${bucket}`, { query: { "object-lock": "" } });
    expect(await shown.text()).toContain(rule(both));
    await putVersion(bucket, "k");
    expect(await holdOf(path)).toEqual(["ON", "9", null]);
    expect((await lockOf(path))[0]).toBe("COMPLIANCE");
  });

  test.for([
    [retained("GOVERNANCE"), [null, null, null]],
    [{ "x-amz-object-lock-legal-hold": "OFF" }, [null, null, null]],
    [{ [EVENT_HOLD]: "OFF" }, ["OFF", null, null]],
    [{ [EVENT_HOLD]: "ON", [YEARS]: "2" }, ["ON", null, "2"]],
  ] as const)("does not hold an upload with %j", async ([headers, expected]) => {
    const bucket = await lockedBucket();
    await expectOk(putLockConfiguration(bucket, rule(HELD)));
    await putVersion(bucket, "k", "x", headers);
    expect(await holdOf(`/${bucket}/k`)).toEqual(expected);
  });

  test.for([
    ["", "MalformedXML"],
    ["<DefaultEventHold/>", "MalformedXML"],
    ["<DefaultEventHold><Days>1</Days><Years>1</Years></DefaultEventHold>", "MalformedXML"],
    [`<Mode>GOVERNANCE</Mode>${HELD}`, "MalformedXML"],
    [`<Days>1</Days>${HELD}`, "MalformedXML"],
    ["<DefaultEventHold><Days>0</Days></DefaultEventHold>", "InvalidRetentionPeriod"],
    ["<DefaultEventHold><Days>36501</Days></DefaultEventHold>", "InvalidRetentionPeriod"],
    ["<DefaultEventHold><Years>101</Years></DefaultEventHold>", "InvalidRetentionPeriod"],
  ] as const)("of %s is %s", async ([content, code]) => {
    const bucket = await lockedBucket();
    const response = await putLockConfiguration(bucket, rule(content));
    await expectError(response, 400, code);
    const shown = await signedFetch("GET", `/${bucket}`, { query: { "object-lock": "" } });
    expect(elements(await shown.text(), "DefaultRetention")).toEqual([]);
  });
});
