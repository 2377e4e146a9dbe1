import type { Hold } from "../../storage/ports/shard-inspection.ts";
import type { BucketCheck } from "./bucket-check.ts";
import { homeOf } from "../../storage/wire/shard-name.ts";

/** A hold that is nobody's keeps bytes for ever. */
export const givenHolds: BucketCheck = {
  name: "given-holds",
  means: "this shard keeps a content for a copy in another one, which does not know of it",
  repair: "lets the shard ask the other one again, and take the hold back",
  async find({ inspection, shardName }, after) {
    const page = await inspection.inspect(shardName, "confirmedHolds", after);
    const nobodys: Hold[] = [];
    for (const [holder, holds] of Map.groupBy(page.holds, ({ token }) => homeOf(token))) {
      const tokens = holds.map(({ token }) => token);
      const known = new Set(await inspection.inspect(holder, "knownHolds", tokens));
      nobodys.push(...holds.filter(({ token }) => !known.has(token)));
    }
    // The other shard forgets a hold only after this one has.
    const tokens = nobodys.map(({ token }) => token);
    const still = new Set(
      tokens.length === 0 ? [] : await inspection.inspect(shardName, "presentHolds", tokens),
    );
    const findings = nobodys
      .filter(({ token }) => still.has(token))
      .map(({ token, contentId }) => ({
        subject: token,
        detail: `holds ${contentId}, and ${homeOf(token)} does not know it`,
      }));
    return { findings, next: page.next };
  },
  mend: ({ inspection, shardName }, subjects) =>
    inspection.repair(shardName, "doubtHolds", subjects),
};

/** Without its hold, the home ends a content that is in use here. */
export const takenHolds: BucketCheck = {
  name: "taken-holds",
  means: "an object refers to another shard's content, which does not know that it is in use",
  repair: "takes the hold anew, if the content is still there",
  async find({ inspection, shardName }, after) {
    const page = await inspection.inspect(shardName, "heldContents", after);
    const missing: Hold[] = [];
    for (const [home, holds] of Map.groupBy(page.holds, ({ contentId }) => homeOf(contentId))) {
      const tokens = holds.map(({ token }) => token);
      const present = new Set(await inspection.inspect(home, "presentHolds", tokens));
      missing.push(...holds.filter(({ token }) => !present.has(token)));
    }
    if (missing.length === 0) return { findings: [], next: page.next };
    const again = await inspection.inspect(shardName, "heldContents", after);
    const still = new Set(again.holds.map(({ token }) => token));
    const findings = missing
      .filter(({ token }) => still.has(token))
      .map((hold) => ({
        subject: JSON.stringify([hold.contentId, hold.token]),
        detail: `${hold.contentId} is in use here, and ${homeOf(hold.contentId)} has no such hold`,
      }));
    return { findings, next: page.next };
  },
  async mend({ inspection, contents, shardName }, subjects) {
    const mended: string[] = [];
    for (const subject of subjects) {
      const [contentId = "", token = ""] = JSON.parse(subject) as readonly string[];
      const isOurs = token.startsWith(`${shardName}/`);
      const known = isOurs ? await inspection.inspect(shardName, "knownHolds", [token]) : [];
      if (known.length > 0 && (await contents.hold(contentId, token))) mended.push(subject);
    }
    return mended;
  },
};
