import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { BucketIndexObject } from "../../src/storage/bucket-shard/durable-object.ts";
import { annotate, annotationsOf } from "../support/annotations.ts";
import { encodeKey, expectError, putObject, signedFetch } from "../support/client.ts";
import { deleteObject, makePlace, PLACES, settle, SOURCE } from "../support/copy-places.ts";
import { copied, readObject } from "../support/copy.ts";
import { envWithFailing, envWithShards, faultyFetch } from "../support/faults.ts";
import { ALL_FAILURES, doomedEnv, failuresOf } from "../support/gateway-death.ts";

const BLOB = "b".repeat(20_000);
/** More than go at once. */
const NAMES = Array.from({ length: 20 }, (_, i) => `note-${String(i).padStart(2, "0")}`);

afterEach(() => {
  vi.useRealTimers();
});

function faultyCopy(faulty: Cloudflare.Env, source: string, target: string): Promise<Response> {
  const headers = { "x-amz-copy-source": source };
  return faultyFetch(faulty, "PUT", `/${encodeKey(target)}`, { headers });
}

async function annotatedPlace(place: (typeof PLACES)[number], names: readonly string[]) {
  const made = await makePlace(place);
  await putObject(made.from, SOURCE, BLOB);
  for (const name of names) await annotate(made.source, name);
  return made;
}

/** An environment in which something happens when a copy was made, before it has its annotations. */
function envAfterCommit(afterCommit: () => Promise<unknown>): Cloudflare.Env {
  return envWithShards((shard) => ({
    async commit(...given: Parameters<BucketIndexObject["commit"]>) {
      const answer = await shard.commit(...given);
      await afterCommit();
      return answer;
    },
  }));
}

describe.for(PLACES.filter((place) => place !== "the same shard"))(
  "a copy to %s whose gateway dies",
  (where) => {
    test.for([
      { call: "listAnnotations", when: "before", left: [] },
      { call: "changeAnnotation", when: "before", left: [] },
      { call: "changeAnnotation", when: "after", left: NAMES.slice(0, 16) },
    ] as const)(
      "$when $call is whole, with the annotations that it got; a repeat brings the others",
      async ({ call, when, left }) => {
        const { source, target, ids } = await annotatedPlace(where, NAMES);
        const response = await faultyCopy(envWithFailing(call, when), source, target);
        await expectError(response, 500, "InternalError");
        await settle(ids);
        expect(await readObject(target)).toBe(BLOB);
        expect(await annotationsOf(target)).toEqual(left);
        await copied(source, target);
        expect(await annotationsOf(target)).toEqual(NAMES);
      },
    );

    test.for([
      ["overwritten", (from: string) => putObject(from, SOURCE, "other"), "other"],
      ["deleted", (from: string) => deleteObject(`${from}/${SOURCE}`), undefined],
    ] as const)("when its source is %s is to be asked for again", async ([, race, then]) => {
      const { source, target, from } = await annotatedPlace(where, ["note"]);
      const racing = envAfterCommit(() => race(from));
      await expectError(await faultyCopy(racing, source, target), 503, "SlowDown");
      // Not the annotations of one object beside the bytes of another.
      expect(await annotationsOf(target)).toEqual([]);
      const again = await faultyCopy(env, source, target);
      expect(again.status).toBe(then === undefined ? 404 : 200);
      expect(await readObject(target)).toBe(then ?? BLOB);
    });

    test("gives no annotations to what has replaced it meanwhile", async () => {
      const { source, target, to, key } = await annotatedPlace(where, ["note"]);
      const racing = envAfterCommit(() => putObject(to, key, "other"));
      expect((await faultyCopy(racing, source, target)).status).toBe(200);
      expect(await readObject(target)).toBe("other");
      expect(await annotationsOf(target)).toEqual([]);
    });
  },
);

describe.for(PLACES)("a copy to %s whose gateway dies at any call", (where) => {
  test("is not there, or whole with the first of its annotations, or all", async () => {
    let isOver = false;
    for (let at = 0; !isOver; at += 1) {
      for (const failure of where === "another shard" ? ALL_FAILURES : failuresOf(at)) {
        const { source, target, ids } = await annotatedPlace(where, ["a", "b"]);
        const doomed = doomedEnv({ at, failure, isDeath: true });
        isOver = (await faultyCopy(doomed.env, source, target)).ok;
        for (const call of doomed.late) await call();
        await settle(ids);
        const { status } = await signedFetch("HEAD", `/${encodeKey(target)}`);
        if (status === 200) {
          expect(await readObject(target)).toBe(BLOB);
          const names = await annotationsOf(target);
          // One transaction brings all of them in the shard of the source, and a page of them elsewhere.
          if (where === "the same shard") expect(names).toEqual(["a", "b"]);
          else expect([[], ["a", "b"]]).toContainEqual(names);
        } else expect(status).toBe(404);
        expect(await annotationsOf(source)).toEqual(["a", "b"]);
        await copied(source, target);
        expect(await annotationsOf(target)).toEqual(["a", "b"]);
      }
    }
  });
});
