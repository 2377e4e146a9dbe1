import { afterAll, beforeAll, expect, test } from "vitest";
import { RawSigner, UNSIGNED_PAYLOAD } from "../support/raw-signer.ts";
import { RawConnection, requestHead } from "../support/raw-connection.ts";
import { type LedgeProcess, startLedge } from "../support/ledge-process.ts";

const MIB = 1024 * 1024;

let ledge: LedgeProcess;
let signer: RawSigner;
const opened: RawConnection[] = [];
beforeAll(async () => {
  ledge = await startLedge();
  signer = new RawSigner(ledge.credentials, "127.0.0.1");
  const client = dial();
  await client.send(requestHead("PUT", await signer.presign("PUT", "/shelf")));
  await client.answer();
});
afterAll(async () => {
  for (const client of opened) client.close();
  await ledge?.stop();
});

function dial(): RawConnection {
  const client = new RawConnection(ledge.port);
  opened.push(client);
  return client;
}

const framed = { "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER" };

test.for([
  { what: "without a signature", count: 50, sizeBytes: MIB, signed: false, code: "AccessDenied" },
  {
    what: "of a large part",
    count: 2,
    sizeBytes: 16 * MIB,
    signed: false,
    code: "AccessDenied",
  },
  { what: "midway", count: 5, sizeBytes: 8 * MIB, signed: true, code: "IncompleteBody" },
])(
  "a refusal $what reaches each client that sends its whole body before it reads",
  async ({ count, sizeBytes, signed, code }) => {
    const body = Buffer.alloc(sizeBytes, "no framing");
    const headers = { ...framed, "x-amz-decoded-content-length": String(sizeBytes) };
    const target = "/shelf/refused";
    const signature = signed
      ? await signer.sign("PUT", target, framed["x-amz-content-sha256"], headers)
      : {};
    for (let i = 0; i < count; i += 1) {
      const client = dial();
      client.stopReading();
      await client.send(
        requestHead("PUT", target, { ...headers, ...signature, "Content-Length": sizeBytes }),
        body,
      );
      expect(await client.answer()).toContain(`<Code>${code}</Code>`);
      client.close();
    }
  },
);

test.for([
  { method: "DELETE", target: "/shelf/nothing", query: {}, status: 204 },
  { method: "POST", target: "/shelf/parts", query: { uploads: "" }, status: 200 },
  { method: "GET", target: "/shelf", query: { location: "" }, status: 200 },
])(
  "$method $target $query, which has no use for a body, is answered to who sends one before it reads",
  async ({ method, target, query, status }) => {
    for (let i = 0; i < 10; i += 1) {
      const client = dial();
      client.stopReading();
      const head = requestHead(method, await signer.presign(method, target, query), {
        "Content-Length": 8 * MIB,
      });
      await client.send(head, Buffer.alloc(8 * MIB));
      expect(await client.answer()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      client.close();
    }
  },
);

test("a refusal does not wait for the body", async () => {
  const client = dial();
  await client.send(requestHead("PUT", "/shelf/refused", { "Content-Length": MIB }), "a beginning");
  expect(await client.answer()).toContain("<Code>AccessDenied</Code>");
  // More than the server reads on.
  await expect(client.send(Buffer.alloc(64 * MIB))).rejects.toThrow(/EPIPE|ECONNRESET/);
});

test("who waits for 100 Continue and is refused is not asked for the body", async () => {
  const client = dial();
  await client.send(
    requestHead("PUT", "/shelf/refused", { "Content-Length": MIB, Expect: "100-continue" }),
  );
  expect(await client.answer()).toMatch(/^HTTP\/1\.1 403/);
});

/** Sends the head of a PutObject, and the body once it is asked for. */
async function putExpecting(client: RawConnection, body: string): Promise<string> {
  const headers = { "Content-Length": body.length, Expect: "100-continue" };
  await client.send(requestHead("PUT", await signer.presign("PUT", "/shelf/expected"), headers));
  const answer = await client.answer();
  if (!answer.startsWith("HTTP/1.1 100 ")) return answer;
  await client.send(body);
  return answer + (await client.answer());
}

// botocore before 1.43.77 takes the second of them for a final answer if the first was not sent, and stalls.
test("100 Continue is sent for no body, or not for the next one on the connection", async () => {
  const client = dial();
  const first = await putExpecting(client, "");
  const isSent = first.startsWith("HTTP/1.1 100 ");
  expect(first).toMatch(/HTTP\/1\.1 200 /);
  expect(await putExpecting(client, "body")).toMatch(
    isSent ? /^HTTP\/1\.1 100 / : /^HTTP\/1\.1 503 /,
  );
  if (!isSent) expect(await client.closed).toBe("end");
  expect(await putExpecting(dial(), "body")).toMatch(/^HTTP\/1\.1 100 .*HTTP\/1\.1 200 /s);
});

test("a request that expects nothing makes 100 Continue readable again", async () => {
  const client = dial();
  await putExpecting(client, "");
  await client.send(requestHead("GET", await signer.presign("GET", "/shelf/expected")));
  expect(await client.answer()).toMatch(/^HTTP\/1\.1 200 /);
  expect(await putExpecting(client, "body")).toMatch(/^HTTP\/1\.1 100 .*HTTP\/1\.1 200 /s);
});

const plain = { "x-amz-content-sha256": UNSIGNED_PAYLOAD };

test.for([
  ...[1000, MIB].flatMap((sizeBytes) => [
    { what: "an object", query: "", sizeBytes, headers: plain },
    {
      what: "a framed object",
      query: "",
      sizeBytes,
      headers: { ...framed, "x-amz-decoded-content-length": String(sizeBytes) },
    },
    {
      what: "an append",
      query: "",
      sizeBytes,
      headers: { ...plain, "x-amz-write-offset-bytes": "4" },
    },
    { what: "a part", query: "?partNumber=1&uploadId=", sizeBytes, headers: plain },
    { what: "an annotation", query: "?annotation=&annotationName=n", sizeBytes, headers: plain },
  ]),
  { what: "a document", query: "?tagging=", sizeBytes: 1000, headers: plain },
])(
  "$what of $sizeBytes bytes that ends early is IncompleteBody to who still reads",
  async ({ query, sizeBytes, headers }) => {
    const path = "/shelf/cut-off";
    const others = dial();
    const put = await signer.presign("PUT", path);
    await others.send(requestHead("PUT", put, { "Content-Length": 4 }), "body");
    expect(await others.answer()).toMatch(/^HTTP\/1.1 200 /);
    await others.send(requestHead("POST", await signer.presign("POST", path, { uploads: "" })));
    const [, uploadId = ""] = /<UploadId>(.*)<\/UploadId>/.exec(await others.answer()) ?? [];

    const target = path + query.replace("uploadId=", `uploadId=${uploadId}`);
    const signature = await signer.sign("PUT", target, headers["x-amz-content-sha256"], headers);
    const client = dial();
    await client.send(
      requestHead("PUT", target, { ...headers, ...signature, "Content-Length": sizeBytes }),
      `${sizeBytes.toString(16)}\r\n`,
      Buffer.alloc(sizeBytes / 2),
    );
    client.endSending();
    expect(await client.answer()).toMatch(/^HTTP\/1.1 400 .*<Code>IncompleteBody</s);
    await others.send(requestHead("GET", await signer.presign("GET", path)));
    expect(await others.answer()).toMatch(/\r\n\r\nbody$/);
  },
);
