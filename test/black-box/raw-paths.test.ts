import { once } from "node:events";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { Signer } from "../../bench/signer.ts";
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
    const signer = new Signer(ledge.credentials, new URL(ledge.endpoint).host);
    const keys = ["a/../b", "./x", "..", "a//b", "/lead", "end/.", "x/./y"];
    await send(ledge.endpoint, "PUT", signer.presign("PUT", "/raw"));
    for (const key of keys) {
      const put = signer.presign("PUT", `/raw/${key}`);
      expect(await send(ledge.endpoint, "PUT", put, `body of ${key}`), key).toEqual([200, ""]);
    }
    for (const key of keys) {
      const get = signer.presign("GET", `/raw/${key}`);
      expect(await send(ledge.endpoint, "GET", get)).toEqual([200, `body of ${key}`]);
    }
    const [, list = ""] = await send(ledge.endpoint, "GET", signer.presign("GET", "/raw"));
    const listed = [...list.matchAll(/<Key>([^<]*)</g)].map(([, key]) => key);
    expect(listed).toEqual(keys.toSorted());
  } finally {
    await ledge.stop();
  }
});
