import { S3Error } from "../../protocol/errors.ts";
import type { DeleteMarker, StoredObject } from "../../protocol/object-record.ts";
import { isWithCustomerKey } from "../../protocol/encryption/stored-encryption.ts";
import type { Finding, VersionName } from "../../storage/ports/shard-inspection.ts";
import { WANTS_CONTENT } from "../../storage/ports/content-index.ts";
import { StaleBucketError } from "../../storage/ports/bucket-index.ts";
import { openEncryption } from "../encryption/open-encryption.ts";
import type { BucketCheck, Checked } from "./bucket-check.ts";
import { faultOfBytes } from "./fault-of-bytes.ts";

/** After so many bytes a page ends: a request has 30 seconds of a processor. */
const PAGE_BYTES = 64 * 1024 * 1024;

/** Within a page of versions, how many were read. */
interface Position {
  readonly after: string;
  readonly passed: number;
}

export const objectBytes: BucketCheck = {
  name: "object-bytes",
  means:
    "the bytes of an object cannot be read, or are not those that its ETag and checksum are of",
  isDeep: true,
  async find(checked, after) {
    const position: Position =
      after === "" ? { after: "", passed: 0 } : (JSON.parse(after) as Position);
    const page = await checked.inspection.inspect(checked.shardName, "versions", position.after);
    const findings: Finding[] = [];
    let { passed } = position;
    let readBytes = 0;
    for (const version of page.versions.slice(passed)) {
      if (readBytes >= PAGE_BYTES)
        return { findings, next: JSON.stringify({ ...position, passed } satisfies Position) };
      passed += 1;
      const first = await look(checked, version);
      readBytes += first.readBytes;
      // One that is replaced while it is read may end midway.
      const again = first.fault === undefined ? first : await look(checked, version);
      if (again.fault === undefined || again.sequence !== first.sequence) continue;
      findings.push({
        subject: JSON.stringify([version.key, version.versionId]),
        detail: again.fault,
      });
    }
    const next =
      page.next === undefined ? undefined : JSON.stringify({ after: page.next, passed: 0 });
    return { findings, next };
  },
};

interface Look {
  readonly fault: string | undefined;
  /** Undefined: its row cannot be read. */
  readonly sequence?: number;
  readonly readBytes: number;
}

const NOTHING: Look = { fault: undefined, readBytes: 0 };

async function look(checked: Checked, { key, versionId }: VersionName): Promise<Look> {
  const { indexOf, bucket } = checked;
  let record: StoredObject | DeleteMarker | undefined;
  try {
    record = await indexOf(bucket).readContent(key, { ...WANTS_CONTENT, versionId });
  } catch (error) {
    if (error instanceof S3Error || error instanceof StaleBucketError) throw error;
    return { fault: unreadable(error), readBytes: 0 };
  }
  // Of what is encrypted with a customer's key only that customer has it.
  if (record?.kind !== "object" || isWithCustomerKey(record.encryption)) return NOTHING;
  const { sequence, sizeBytes: readBytes } = record;
  try {
    const objectKey = await openEncryption(checked, record.encryption, undefined);
    return { fault: await faultOfBytes(checked, record, objectKey), sequence, readBytes };
  } catch (error) {
    return { fault: unreadable(error), sequence, readBytes };
  }
}

function unreadable(error: unknown): string {
  return `it cannot be read: ${error instanceof Error ? error.message : String(error)}`;
}
