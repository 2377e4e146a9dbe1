import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SignedRequests } from "../../cli/maintenance/signed-requests.ts";
import { startLedge } from "../../cli/testing.ts";
import { findings } from "../support/check-folder.ts";
import { DataFolderFiles } from "../support/damage.ts";
import { DAMAGED_BESIDE } from "../support/damages/damaged-beside.ts";
import { DAMAGED_DIRECTORY } from "../support/damages/damaged-directory.ts";
import { DAMAGED_ROWS } from "../support/damages/damaged-rows.ts";
import { BUCKET, OTHER } from "../support/damages/damage-kinds.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "ledge-check-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const DAMAGES = [...DAMAGED_ROWS, ...DAMAGED_BESIDE, ...DAMAGED_DIRECTORY];

test("each kind of damage is found as what it is, and repaired where that can be", async () => {
  const dataFolder = path.join(folder, "data");
  const ledge = await startLedge({ dataFolder, args: ["--fsync", "false"] });
  const requests = new SignedRequests({
    url: ledge.endpoint,
    region: ledge.region,
    ...ledge.credentials,
  });
  await requests.done("PUT", BUCKET);
  await requests.done("PUT", OTHER);
  await requests.done("PUT", `${OTHER}/other-key`, { body: Buffer.from("other") });
  const putSmall = async (key: string): Promise<unknown> =>
    requests.done("PUT", `${BUCKET}/${key}`, { body: Buffer.from(key) });
  for (const { of, make } of DAMAGES) await (make?.(requests, of, ledge) ?? putSmall(of));
  requests.close();
  await ledge.stop();
  expect(await findings(dataFolder)).toEqual([]);

  const files = new DataFolderFiles(dataFolder);
  const expected = DAMAGES.flatMap(({ of, found, isMended }) =>
    found(files, of).map((each) => ({ each, isMended })),
  );
  for (const { of, damage } of DAMAGES) damage(files, of);

  const found = await findings(dataFolder);
  expect(unexplained(found, expected)).toEqual({ missing: [], surplus: [] });
  // What mends one thing may mend another, so that it is not found any more.
  const repaired = await findings(dataFolder, { repair: "do" });
  const failed = expected.filter(({ each, isMended }) =>
    repaired.some((finding) => explains(each, finding) && finding.isRepaired !== isMended),
  );
  expect(failed).toEqual([]);
  const lasting = expected.filter(({ isMended }) => !isMended);
  expect(unexplained(await findings(dataFolder), lasting)).toEqual({ missing: [], surplus: [] });
});

interface Finding {
  readonly check: string;
  readonly subject: string;
}

function explains(expected: string, { check, subject }: Finding): boolean {
  const [name, ...rest] = expected.split(" ");
  return name === check && subject.includes(rest.join(" "));
}

function unexplained(
  found: readonly Finding[],
  expected: readonly { readonly each: string }[],
): { readonly missing: readonly string[]; readonly surplus: readonly Finding[] } {
  return {
    missing: expected
      .map(({ each }) => each)
      .filter((each) => !found.some((finding) => explains(each, finding))),
    surplus: found.filter((finding) => !expected.some(({ each }) => explains(each, finding))),
  };
}
