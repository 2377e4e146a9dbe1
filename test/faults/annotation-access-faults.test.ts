import { beforeEach, expect, test } from "vitest";
import { annotate, annotationsOf } from "../support/annotations.ts";
import { putPolicy } from "../support/bucket-policy.ts";
import { expectError, putObject, signedFetch, uniqueBucket } from "../support/client.ts";
import { envWithShards, faultyFetch } from "../support/faults.ts";

const SECRET = { "x-amz-tagging": "kind=secret" };

let bucket: string;
beforeEach(async () => {
  bucket = await uniqueBucket();
  await putObject(bucket, "k", "open");
  await annotate(`${bucket}/k`, "note");
  const actions = ["GetObject", "PutObject", "DeleteObject", "ListObject"];
  await putPolicy(bucket, {
    Effect: "Deny",
    Action: actions.map((action) => `s3:${action}Annotation*`),
    on: ["*"],
    Condition: { StringEquals: { "s3:ExistingObjectTag/kind": "secret" } },
  });
});

/** Between the look at an object and the call that was decided by it, another object takes its key. */
function envWithReplacing(call: string): Cloudflare.Env {
  return envWithShards((shard) => ({
    async [call](...given: unknown[]) {
      await putObject(bucket, "k", "secret", SECRET);
      return Reflect.apply(Reflect.get(shard, call), shard, given);
    },
  }));
}

const named = { annotation: "", annotationName: "note" };

test.for([
  { method: "GET", query: named, call: "readAnnotation" },
  { method: "GET", query: { annotation: "" }, call: "listAnnotations" },
  { method: "PUT", query: named, call: "changeAnnotation", body: "other" },
  { method: "DELETE", query: named, call: "changeAnnotation" },
])(
  "$method by $call is not let in to an object that nobody decided on",
  async ({ call, method, ...init }) => {
    const path = `/${bucket}/k`;
    const answer = await faultyFetch(envWithReplacing(call), method, path, init);
    await expectError(answer, 503, "SlowDown");
    await expectError(await signedFetch(method, path, init), 403, "AccessDenied");
    await signedFetch("DELETE", `/${bucket}`, { query: { policy: "" } });
    expect(await annotationsOf(`${bucket}/k`)).toEqual([]);
  },
);
