import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { RawSigner } from "../support/raw-signer.ts";
import { startLedge } from "../../cli/testing.ts";

/** Sends the path as it stands, which `fetch` and most clients' URL classes do not. */
async function send(
  endpoint: string,
  method: string,
  path: string,
  body = "",
): Promise<[number?, string?]> {
  const { hostname, port } = new URL(endpoint);
  const sending = request({ hostname, port, method, path }).end(body);
  const [response] = await once(sending, "response");
  return [response.statusCode, await text(response)];
}

// `npm run dev` cannot do this: wrangler's proxy resolves dot segments before the Worker sees them.
test("keys with dot segments and empty segments are keys like any other", async () => {
  const ledge = await startLedge();
  try {
    const signer = new RawSigner(ledge.credentials, new URL(ledge.endpoint).host);
    const keys = ["a/../b", "./x", "..", "a//b", "/lead", "end/.", "x/./y"];
    await send(ledge.endpoint, "PUT", await signer.presign("PUT", "/raw"));
    for (const key of keys) {
      const put = await signer.presign("PUT", `/raw/${key}`);
      expect(await send(ledge.endpoint, "PUT", put, `body of ${key}`), key).toEqual([200, ""]);
    }
    for (const key of keys) {
      const get = await signer.presign("GET", `/raw/${key}`);
      expect(await send(ledge.endpoint, "GET", get)).toEqual([200, `body of ${key}`]);
    }
    const [, list = ""] = await send(ledge.endpoint, "GET", await signer.presign("GET", "/raw"));
    const listed = [...list.matchAll(/<Key>([^<]*)</g)].map(([, key]) => key);
    expect(listed).toEqual(keys.toSorted());
  } finally {
    await ledge.stop();
  }
});

test("what is no request of HTTP is a BadRequest in S3's form", async () => {
  const ledge = await startLedge();
  try {
    const heads = [
      "GET /b/k HTTP/1.1\r\nHost: [",
      "GET / HTTP/1.1\r\nHost: h:99999",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: b",
      "PUT /b/k HTTP/1.1\r\nContent-Length: 0\r\nHost: a b",
      "GET * HTTP/1.1\r\nHost: h",
      "OPTIONS * HTTP/1.1\r\nHost: h",
    ];
    for (const head of heads) {
      const answer = await sendBytes(ledge.endpoint, `${head}\r\nConnection: close\r\n\r\n`);
      expect(answer, head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
      const id = /\r\nx-amz-request-id: (\w{16})\r\n/.exec(answer)?.[1];
      expect(answer, head).toContain("<Error><Code>BadRequest</Code>");
      expect(answer, head).toContain(`<RequestId>${id}</RequestId>`);
    }
  } finally {
    await ledge.stop();
  }
});

/** Sends bytes that no client of HTTP would, and answers all that comes back until the server closes. */
async function sendBytes(endpoint: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(endpoint);
  const socket = connect(Number(port), hostname);
  socket.end(bytes);
  return text(socket);
}
