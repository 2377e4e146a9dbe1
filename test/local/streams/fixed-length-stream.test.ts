import { expect, test } from "vitest";
import { FixedLengthStream } from "../../../local/streams/fixed-length-stream.ts";

/** What the reader gets, and whether the writer could close. */
async function passThrough(lengthBytes: number, chunks: readonly number[]) {
  const { readable, writable } = new FixedLengthStream(lengthBytes);
  const writing = (async () => {
    const writer = writable.getWriter();
    for (const size of chunks) await writer.write(new Uint8Array(size).fill(1));
    await writer.close();
  })();
  const reading = (async () => {
    let readBytes = 0;
    for await (const chunk of readable) readBytes += chunk.byteLength;
    return readBytes;
  })();
  const [written, read] = await Promise.allSettled([writing, reading]);
  return { written, read };
}

test.for([
  { lengthBytes: 0, chunks: [] },
  { lengthBytes: 10, chunks: [10] },
  { lengthBytes: 100_000, chunks: [1, 65_536, 34_463] },
])("passes on $lengthBytes bytes in chunks of $chunks", async ({ lengthBytes, chunks }) => {
  const { written, read } = await passThrough(lengthBytes, chunks);
  expect(written.status).toBe("fulfilled");
  expect(read).toEqual({ status: "fulfilled", value: lengthBytes });
});

test.for([
  { lengthBytes: 10, chunks: [9] },
  { lengthBytes: 10, chunks: [] },
  { lengthBytes: 10, chunks: [5, 6] },
  { lengthBytes: 0, chunks: [1] },
])(
  "breaks off both ends when $lengthBytes bytes come as $chunks",
  async ({ lengthBytes, chunks }) => {
    const { written, read } = await passThrough(lengthBytes, chunks);
    expect(written).toMatchObject({ status: "rejected", reason: expect.any(TypeError) });
    expect(read.status).toBe("rejected");
  },
);

test("a writer waits for its reader, and is told when that is gone", async () => {
  const { readable, writable } = new FixedLengthStream(20);
  const writer = writable.getWriter();
  let isWritten = false;
  const writing = writer.write(new Uint8Array(10)).then(() => (isWritten = true));
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(isWritten).toBe(false);
  const reader = readable.getReader();
  expect((await reader.read()).value).toHaveLength(10);
  await writing;
  await reader.cancel(new Error("gone"));
  await expect(writer.write(new Uint8Array(10))).rejects.toThrow();
});

test("a reader is told what the writer gave up for", async () => {
  const { readable, writable } = new FixedLengthStream(20);
  const reading = readable.getReader().read();
  await writable.abort(new Error("the disk is gone"));
  await expect(reading).rejects.toThrow("the disk is gone");
});

test("a stream of the web can be piped into it, and it is closed then", async () => {
  const { readable, writable } = new FixedLengthStream(300_000);
  const piping = new Blob([new Uint8Array(300_000)]).stream().pipeTo(writable);
  let readBytes = 0;
  for await (const chunk of readable) readBytes += chunk.byteLength;
  await piping;
  expect(readBytes).toBe(300_000);
});
