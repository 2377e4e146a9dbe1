import { readdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RawSigner, UNSIGNED_PAYLOAD } from "../support/raw-signer.ts";
import { type LedgeProcess, startLedge } from "../support/ledge-process.ts";
import { RawConnection, requestHead } from "../support/raw-connection.ts";

const MIB = 1024 * 1024;
const IDLE_MS = 1000;

let ledge: LedgeProcess;
let signer: RawSigner;
beforeAll(async () => {
  ledge = await startLedge({ variables: { BODY_IDLE_SECONDS: String(IDLE_MS / 1000) } });
  signer = new RawSigner(ledge.credentials, "127.0.0.1");
  const client = new RawConnection(ledge.port);
  await client.send(requestHead("PUT", await signer.presign("PUT", "/shelf")));
  await client.answer();
  client.close();
});
afterAll(() => ledge?.stop());

const TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

/** Bodies that are announced, and what comes of them. */
const STALLED: readonly {
  readonly what: string;
  readonly target: string;
  readonly sizeBytes: number;
  readonly sentBytes: number;
  readonly isFramed?: boolean;
}[] = [
  { what: "a small object, before its first byte", target: "/k1", sizeBytes: 100, sentBytes: 0 },
  { what: "a small object, before its last byte", target: "/k2", sizeBytes: 100, sentBytes: 99 },
  { what: "a large one, before its first byte", target: "/k3", sizeBytes: 9 * MIB, sentBytes: 0 },
  { what: "a large one, midway", target: "/k4", sizeBytes: 9 * MIB, sentBytes: 5 * MIB },
  {
    what: "a large one, before its last byte",
    target: "/k5",
    sizeBytes: MIB,
    sentBytes: MIB - 1,
  },
  {
    what: "one in chunks, midway",
    target: "/k6",
    sizeBytes: 9 * MIB,
    sentBytes: 5 * MIB,
    isFramed: true,
  },
  { what: "a document", target: "/k7?tagging=", sizeBytes: 500, sentBytes: 10 },
];

async function begin({
  target,
  sizeBytes,
  sentBytes,
  isFramed = false,
}: Omit<(typeof STALLED)[number], "what">): Promise<RawConnection> {
  const resource = `/shelf${target}`;
  const length = { "x-amz-decoded-content-length": String(sizeBytes) };
  const headers = isFramed
    ? { ...length, ...(await signer.sign("PUT", resource, TRAILER, length)) }
    : await signer.sign("PUT", resource, UNSIGNED_PAYLOAD);
  const client = new RawConnection(ledge.port);
  await client.send(
    requestHead("PUT", resource, {
      ...headers,
      "content-length": isFramed ? sizeBytes + 100 : sizeBytes,
    }),
    isFramed ? `${sizeBytes.toString(16)}\r\n` : "",
    Buffer.alloc(sentBytes, "x"),
  );
  return client;
}

/** Whole ones, and those that are being written. */
async function blobFiles(): Promise<string[]> {
  const folder = path.join(ledge.dataFolder, "blobs");
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

test("an upload that stalls is RequestTimeout, leaves nothing and loses its connection", async () => {
  const beganMs = performance.now();
  const ends = STALLED.map(async (upload) => {
    const client = await begin(upload);
    const answer = await client.answer();
    const afterMs = performance.now() - beganMs;
    const end = await client.closed;
    client.close();
    return { what: upload.what, answer, afterMs, end };
  });
  for (const { what, answer, afterMs, end } of await Promise.all(ends)) {
    expect(answer, what).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer, what).toContain("<Code>RequestTimeout</Code>");
    expect(answer, what).toContain("Idle connections will be closed.");
    expect(afterMs, what).toBeGreaterThan(IDLE_MS * 0.9);
    expect(["end", "reset"], what).toContain(end);
  }
  await expect.poll(blobFiles).toEqual([]);
});

test("an upload that is slow, but goes on, comes to its end", async () => {
  const upload = { target: "/slow", sizeBytes: 30_000, sentBytes: 5000 };
  const client = await begin(upload);
  for (let sentBytes = 5000; sentBytes < 30_000; sentBytes += 5000) {
    await setTimeout(IDLE_MS / 2);
    await client.send(Buffer.alloc(5000, "x"));
  }
  expect(await client.answer()).toMatch(/^HTTP\/1\.1 200 /);
  client.close();
});
