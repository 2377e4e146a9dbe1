import { expect, test } from "vitest";
import { NO_CONDITIONS } from "../../../src/protocol/write-conditions.ts";
import {
  completeParts,
  type Completion,
  type PartRecord,
  type UploadChecksum,
} from "../../../src/protocol/multipart-completion.ts";

const MIB = 1024 * 1024;
/** MD5 and CRC32 of nothing, which is what the parts of these uploads are made of, whatever they say of their sizes. */
const ETAG = "d41d8cd98f00b204e9800998ecf8427e";
const CRC32 = "AAAAAA==";

const FULL: UploadChecksum = { algorithm: "CRC32", type: "FULL_OBJECT" };
const COMPOSITE: UploadChecksum = { algorithm: "CRC32", type: "COMPOSITE" };

function partOf(partNumber: number, sizeBytes = 5 * MIB): PartRecord {
  const checksum = { ...FULL, value: CRC32 };
  return { partNumber, sizeBytes, etag: ETAG, lastModifiedMs: 0, checksum };
}

const listed = (partNumber: number) => ({ partNumber, etag: ETAG, checksum: undefined });

const vouched = (partNumber: number, value = CRC32) => ({
  ...listed(partNumber),
  checksum: { algorithm: "CRC32" as const, value },
});

interface Case {
  readonly name: string;
  readonly checksum?: UploadChecksum;
  readonly uploaded?: readonly PartRecord[];
  readonly completion?: Partial<Completion>;
  readonly expected: object;
}

const UPLOADED = [partOf(1), partOf(2), partOf(4, 1)];

test.for<Case>([
  {
    name: "of some of the parts has their sizes, and an ETag that counts them",
    completion: { parts: [listed(1), listed(4)] },
    expected: { ok: true, sizeBytes: 5 * MIB + 1, etag: expect.stringMatching(/^[0-9a-f]{32}-2$/) },
  },
  {
    name: "of a part that was not uploaded is refused",
    completion: { parts: [listed(1), listed(3)] },
    expected: { code: "InvalidPart", fields: { UploadId: "u", PartNumber: "3", ETag: ETAG } },
  },
  {
    name: "of a part with another ETag is refused",
    completion: { parts: [{ ...listed(1), etag: "0" }] },
    expected: { code: "InvalidPart", fields: { UploadId: "u", PartNumber: "1", ETag: "0" } },
  },
  {
    name: "of a part with another checksum is refused",
    checksum: FULL,
    completion: { parts: [vouched(1, "AAAAAQ==")] },
    expected: { code: "InvalidPart" },
  },
  {
    name: "of a part with a checksum in another algorithm is refused",
    checksum: { algorithm: "SHA256", type: "COMPOSITE" },
    completion: { parts: [vouched(1)] },
    expected: {
      code: "BadDigest",
      message: expect.stringContaining("crc32 you specified for part 1"),
    },
  },
  {
    name: "of a part under 5 MiB that is not the last is refused",
    completion: { parts: [listed(4), { ...listed(5) }] },
    uploaded: [partOf(4, 1), partOf(5)],
    expected: {
      code: "EntityTooSmall",
      fields: { ProposedSize: "1", MinSizeAllowed: String(5 * MIB), PartNumber: "4", ETag: ETAG },
    },
  },
  {
    name: "that expects another size is refused",
    completion: { parts: [listed(1)], sizeBytes: 1 },
    expected: { code: "InvalidRequest", message: expect.stringContaining(`computed: ${5 * MIB}`) },
  },
  {
    name: "in another checksum mode is refused",
    checksum: FULL,
    completion: { parts: [listed(1)], checksumType: "COMPOSITE" },
    expected: {
      code: "InvalidRequest",
      message: expect.stringContaining("FULL_OBJECT checksum mode"),
    },
  },
  {
    name: "with the checksum of an object that will have none is refused",
    completion: { parts: [listed(1)], checksum: { algorithm: "CRC32", value: CRC32 } },
    expected: { code: "NotImplemented" },
  },
  {
    name: "with another checksum of the object is refused",
    checksum: FULL,
    completion: { parts: [listed(4)], checksum: { algorithm: "CRC32", value: "AAAAAQ==" } },
    expected: {
      code: "BadDigest",
      message: expect.stringContaining("crc32 you specified did not"),
    },
  },
  {
    name: "that vouches for no part of a composite checksum is refused",
    checksum: COMPOSITE,
    completion: { parts: [vouched(1), listed(2)] },
    expected: { code: "InvalidRequest", message: expect.stringContaining("missing for part 2") },
  },
  {
    name: "with a composite checksum has it",
    checksum: COMPOSITE,
    completion: { parts: [vouched(1)] },
    expected: { ok: true, checksum: { ...COMPOSITE, value: expect.stringMatching(/-1$/) } },
  },
])("a completion $name", ({ checksum, uploaded = UPLOADED, completion, expected }) => {
  const asked: Completion = {
    parts: [],
    conditions: NO_CONDITIONS,
    sizeBytes: undefined,
    checksum: undefined,
    checksumType: undefined,
    ...completion,
  };
  const answer = completeParts({ uploadId: "u", checksum }, uploaded, asked);
  expect(answer).toMatchObject({ ok: !("code" in expected), ...expected });
});
