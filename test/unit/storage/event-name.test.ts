import { expect, test } from "vitest";
import { eventName } from "../../../src/storage/bucket-shard/outbox/happened-event.ts";
import { NO_OBJECT } from "../../../src/storage/bucket-shard/rows/object-row.ts";

test("what lifecycle rules do has names of its own", () => {
  const row = NO_OBJECT;
  expect(eventName({ kind: "removed", by: "Lifecycle", row }, "")).toBe(
    "LifecycleExpiration:Delete",
  );
  expect(eventName({ kind: "marked", by: "Lifecycle", row }, "")).toBe(
    "LifecycleExpiration:DeleteMarkerCreated",
  );
  expect(eventName({ kind: "changed", what: "storage-class", row }, "")).toBe(
    "LifecycleTransition",
  );
});

test("what no name of AWS's is for tells of nothing", () => {
  const row = NO_OBJECT;
  for (const what of ["legal-hold", "encryption"] as const)
    expect(eventName({ kind: "changed", what, row }, "PutObjectLegalHold")).toBeUndefined();
  // A copy brings annotations along.
  expect(eventName({ kind: "changed", what: "annotation", row }, "CopyObject")).toBeUndefined();
});
