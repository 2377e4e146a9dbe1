import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import scaleMd from "../../docs/scale.md?raw";
import { NO_CONDITIONS } from "../../src/protocol/write-conditions.ts";
import type { BucketRecord } from "../../src/storage/ports/bucket-directory.ts";
import { indexOf } from "../support/bucket-record.ts";
import { signedFetch } from "../support/client.ts";
import { installMeter, type RequestCost } from "../support/request-meter.ts";
import { draftOf, makeBucket, putBlob, startClock } from "../support/shards.ts";

let meter: Awaited<ReturnType<typeof installMeter>>;
let checks: readonly string[];
let directoryChecks: readonly string[];
beforeAll(async () => {
  meter = await installMeter();
  type Listed = readonly { readonly name: string; readonly isDeep?: true }[];
  const answer = await signedFetch("GET", "/_ledge/checks");
  const listed = await answer.json<{ checks: Listed; directoryChecks: Listed }>();
  const shallow = (list: Listed) =>
    list.filter(({ isDeep }) => isDeep !== true).map(({ name }) => name);
  [checks, directoryChecks] = [shallow(listed.checks), shallow(listed.directoryChecks)];
});
afterAll(() => meter.remove());

beforeEach(startClock);
afterEach(() => void vi.useRealTimers());

type Put = (bucket: BucketRecord, key: string) => Promise<unknown>;

const putInline: Put = (bucket, key) => {
  const content = { kind: "inline", bytes: new Uint8Array(4) } as const;
  return indexOf(bucket).commit(key, draftOf(content, 4), NO_CONDITIONS);
};
const putBlobOf: Put = (bucket, key) => putBlob(indexOf(bucket), key, "body");

async function costOf(
  put: Put,
  count: number,
  ask: (bucket: BucketRecord) => readonly string[],
): Promise<RequestCost> {
  const bucket = await makeBucket();
  for (let i = 0; i < count; i += 1) await put(bucket, `key-${i}`);
  meter.reset();
  for (const path of ask(bucket)) {
    const [address = "", query = ""] = path.split("?");
    const answer = await signedFetch("GET", address, {
      query: Object.fromEntries(new URLSearchParams(query)),
    });
    expect(answer.status).toBe(200);
  }
  return meter.cost();
}

/** What ten more of them add. */
async function costOfTen(put: Put, ask: (bucket: BucketRecord) => readonly string[]) {
  const [few, more] = [await costOf(put, 10, ask), await costOf(put, 20, ask)];
  return {
    rowsRead: more.rowsRead - few.rowsRead,
    rowsWritten: more.rowsWritten,
    r2Operations: more.r2 - few.r2,
  };
}

const checksOf = ({ name }: BucketRecord) =>
  checks.map((check) => `/_ledge/buckets/${name}/check/${check}?shard=0`);
const exportsOf = ({ name, id }: BucketRecord) =>
  ["uploads", "rows"].map((what) => `/_ledge/buckets/${name}/backup/${what}?shard=${id}/0`);

/** The number in front of these words, in the document. */
function stated(words: string): number {
  const [, number] = new RegExp(`(\\d+) ${words}`).exec(scaleMd) ?? [];
  return Number(number);
}

test("docs/scale.md says what a check reads of an object, and of a blob", async () => {
  const [inline, blob] = [
    await costOfTen(putInline, checksOf),
    await costOfTen(putBlobOf, checksOf),
  ];
  expect({ inline, blob }).toEqual({
    inline: {
      rowsRead: 10 * stated("rows read for each inline object that is checked"),
      ...{ rowsWritten: 0, r2Operations: 0 },
    },
    blob: {
      rowsRead: 10 * stated("rows read for each blob that is checked"),
      rowsWritten: 0,
      r2Operations: 10 * stated("R2 operation for each blob that is checked"),
    },
  });
});

test("and how many calls a check of a shard takes", async () => {
  const { index: indexCalls, directory: directoryCalls } = await costOf(putInline, 1, checksOf);
  expect({ requests: checks.length, indexCalls, directoryCalls }).toEqual({
    requests: stated("requests for each shard that is checked"),
    indexCalls: stated("index calls for each shard that is checked"),
    directoryCalls: stated("calls of the Directory for each shard that is checked"),
  });
  const ofDirectory = await costOf(putInline, 0, () =>
    directoryChecks.map((check) => `/_ledge/directory/check/${check}`),
  );
  expect(ofDirectory.index).toBe(0);
  expect(directoryChecks.length).toBe(stated("checks of the Directory"));
});

test("and what a backup reads", async () => {
  const [inline, blob] = [
    await costOfTen(putInline, exportsOf),
    await costOfTen(putBlobOf, exportsOf),
  ];
  expect({ inline, blob }).toEqual({
    inline: {
      rowsRead: 10 * stated("rows read for each inline object that is backed up"),
      ...{ rowsWritten: 0, r2Operations: 0 },
    },
    blob: {
      rowsRead: 10 * stated("rows? read for each blob that is backed up"),
      ...{ rowsWritten: 0, r2Operations: 0 },
    },
  });
});
