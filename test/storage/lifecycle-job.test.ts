import { expect, test, vi } from "vitest";
import { eventListeners, type ObjectEvent } from "../../src/storage/bucket-shard/events.ts";
import { lifecycleTotals } from "../../src/storage/bucket-shard/lifecycle/lifecycle-totals.ts";
import { createUpload } from "../../src/storage/bucket-shard/uploads/uploads.ts";
import { inShard, shownVersions } from "../support/lifecycle-shard.ts";
import { PLAIN_UPLOAD } from "../support/stitching.ts";
import { storedRule } from "../support/stored-rule.ts";

const VERSIONED = { versioning: { Status: "Enabled" } };
const expiresAfter = (Days: number) => ({ Expiration: { Days } });
const noncurrentAfter = (NoncurrentDays: number) => ({
  NoncurrentVersionExpiration: { NoncurrentDays },
});

test("uploads are aborted by the rule about their key, and by age where there is none", () =>
  inShard((shard) => {
    const abort = (DaysAfterInitiation: number, Prefix: string) =>
      storedRule({
        ID: Prefix,
        Filter: { Prefix },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation },
      });
    shard.configure({ lifecycle: { Rule: [abort(1, "soon"), abort(20, "late")] } });
    for (let i = 0; i < 25; i += 1)
      for (const key of ["soon", "late", "other"])
        shard.do((transaction) => createUpload(transaction, `${key}${i}`, PLAIN_UPLOAD));
    const left = () =>
      shard.sql
        .exec<{ name: string; count: number }>(
          "SELECT substr(key, 1, 4) AS name, COUNT(*) AS count FROM upload GROUP BY name ORDER BY name",
        )
        .toArray()
        .map(({ name, count }) => `${name} ${count}`);
    shard.pass(1);
    expect(left()).toEqual(["late 25", "othe 25", "soon 25"]);
    shard.pass(1);
    expect(left()).toEqual(["late 25", "othe 25"]);
    shard.pass(6);
    expect(left()).toEqual(["late 25"]);
    shard.pass(14);
    expect(left()).toEqual([]);
    expect(lifecycleTotals(shard.sql, "count")).toEqual({ AbortIncompleteMultipartUpload: 75 });
  }));

const JOB_LINE = { event: "job", job: "lifecycle", shard: "", outcome: "done" };

test("rules tell what they have done, as their own", async () => {
  const heard: string[] = [];
  const listener = (_: unknown, event: ObjectEvent): void => {
    heard.push(`${event.kind} ${event.kind === "changed" ? event.what : `by ${event.by}`}`);
  };
  await inShard((shard) => {
    const rule = storedRule({
      Transition: [{ Days: 0, StorageClass: "GLACIER" }],
      ...expiresAfter(1),
      ...noncurrentAfter(1),
    });
    shard.configure({ ...VERSIONED, lifecycle: { Rule: [rule] } });
    shard.put("k", { sizeBytes: 131_072 });
    eventListeners.add(listener);
    const logged = vi.spyOn(console, "log").mockReturnValue();
    try {
      shard.pass(5);
      const lines = logged.mock.calls.map(([line]) => JSON.parse(String(line)) as object);
      // One of each scan that did something, and none of the others.
      expect(lines.map((line) => ({ ...line, shard: "" }))).toEqual([
        { ...JOB_LINE, Transition: 1, bytes: 131_072 },
        { ...JOB_LINE, Expiration: 1, bytes: 0 },
        { ...JOB_LINE, NoncurrentVersionExpiration: 1, bytes: 131_072 },
        { ...JOB_LINE, ExpiredObjectDeleteMarker: 1, bytes: 0 },
      ]);
      expect(lifecycleTotals(shard.sql, "count")).toEqual({
        ExpiredObjectDeleteMarker: 1,
        Expiration: 1,
        NoncurrentVersionExpiration: 1,
        Transition: 1,
      });
      expect(lifecycleTotals(shard.sql, "bytes")).toMatchObject({
        Expiration: 0,
        NoncurrentVersionExpiration: 131_072,
        Transition: 131_072,
      });
    } finally {
      logged.mockRestore();
      eventListeners.delete(listener);
    }
  });
  expect(heard).toEqual([
    "changed storage-class",
    "marked by Lifecycle",
    "removed by Lifecycle",
    "removed by Lifecycle",
  ]);
});

test("a full shard makes no marker, and goes on to remove", () =>
  inShard((shard) => {
    const rule = storedRule({ ...expiresAfter(1), ...noncurrentAfter(1) });
    shard.configure({ ...VERSIONED, lifecycle: { Rule: [rule] } });
    shard.put("k");
    shard.put("k");
    shard.isFull = true;
    shard.pass(2);
    expect(shownVersions(shard, "k")).toBe("STANDARD");
    shard.isFull = false;
    shard.pass(1);
    expect(shownVersions(shard, "k")).toBe("marker STANDARD");
  }));
