import { S3Error } from "../../protocol/errors.ts";
import type { Finding } from "../../storage/ports/shard-inspection.ts";
import type { SealedKind, SealedRow } from "../../storage/ports/sealed-directory.ts";
import { isOpenable, SEALED_KINDS } from "../seal-anew.ts";
import type { DirectoryCheck } from "./directory-check.ts";

const PAGE_ROWS = 500;

/** Where a walk through all that is sealed has come. */
interface Position {
  readonly kind: SealedKind;
  readonly after?: SealedRow["key"];
}

/** Only a gateway has the key that they open with. */
export const sealedSecrets: DirectoryCheck = {
  name: "sealed-secrets",
  means: "what is kept sealed does not open with MASTER_KEY, and so is of no use",
  async find({ sealed, settings }, after) {
    const position = positionOf(after);
    if (position === undefined) return { findings: [] };
    const { kind } = position;
    const rows = await sealed.listSealed(kind, position.after, PAGE_ROWS);
    const findings = rows
      .filter((row) => !isOpenable(settings.masterKey, kind, row))
      .map(({ key }): Finding => ({
        subject: `${kind} ${key.join("/")}`,
        detail: settings.masterKey === undefined ? "there is no MASTER_KEY" : "it does not open",
      }));
    const last = rows.at(-1);
    const following = SEALED_KINDS[SEALED_KINDS.indexOf(kind) + 1];
    const next: Position | undefined =
      rows.length === PAGE_ROWS && last !== undefined
        ? { kind, after: last.key }
        : following && { kind: following };
    return { findings, next: next && JSON.stringify(next) };
  },
};

/** @throws S3Error InvalidRequest, when no page has said so */
function positionOf(after: string): Position | undefined {
  const [first] = SEALED_KINDS;
  if (after === "") return first && { kind: first };
  try {
    const position = JSON.parse(after) as Position;
    if (SEALED_KINDS.includes(position.kind) && Array.isArray(position.after ?? []))
      return position;
  } catch {
    // Told below.
  }
  throw new S3Error("InvalidRequest", { message: "after is not what a page has said" });
}
