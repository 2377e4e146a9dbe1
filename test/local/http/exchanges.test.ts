import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Request } from "../../../local/http/request.ts";
import { Response } from "../../../local/http/response.ts";
import { dial, serve } from "../../support/http-handler.ts";
import { requestHead } from "../../support/raw-connection.ts";

/** Tells what the handler saw. */
async function echo({ method, url, headers }: Request): Promise<Response> {
  return new Response(JSON.stringify({ method, url, host: headers.get("host") }));
}

test.for([
  { target: "/a/../b//c?x=%zz", url: "http://h/a/../b//c?x=%zz", host: "h" },
  { target: "//other/b", url: "http://h//other/b", host: "h" },
  { target: "*", url: "http://h*", host: "h" },
  { target: "http://other:80/b/../c", url: "http://other:80/b/../c", host: "other:80" },
  { target: "HTTP://a@b/c", url: "HTTP://a@b/c", host: "a@b" },
  { target: "ftp://other/b", url: "http://", host: "h" },
])("the handler sees the request target $target as it came", async ({ target, url, host }) => {
  const client = dial(await serve(echo));
  await client.send(requestHead("GET", target, { host: "h" }));
  const answer = await client.answer();
  expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n/);
  expect(JSON.parse(answer.slice(answer.indexOf("{")))).toEqual({ method: "GET", url, host });
});

test.for([
  { hosts: "", url: "http://" },
  { hosts: "Host:\r\n", url: "http:///" },
  { hosts: "Host: a\r\nHost: b\r\n", url: "http://a, b/" },
])("a request with the Hosts $hosts has the URL $url, which names none", async ({ hosts, url }) => {
  const client = dial(await serve(echo));
  await client.send(`GET / HTTP/1.1\r\n${hosts}\r\n`);
  expect(await client.answer()).toContain(`"url":"${url}"`);
});

test("requests on one connection are carried out one after the other, however they are sent", async () => {
  const events: string[] = [];
  const port = await serve(async ({ url }) => {
    events.push(`begin ${url}`);
    await setTimeout(url.endsWith("1") ? 20 : 0);
    events.push(`end ${url}`);
    return new Response(url);
  });
  const client = dial(port);
  await client.send(["/1", "/2", "/3"].map((target) => requestHead("GET", target)).join(""));
  for (const n of [1, 2, 3]) expect(await client.answer()).toMatch(new RegExp(`/${n}$`));
  expect(events).toEqual(
    [1, 2, 3].flatMap((n) => [`begin http://127.0.0.1/${n}`, `end http://127.0.0.1/${n}`]),
  );
});

test("a client that sends request after request and reads no answer is held back, then cut off", async () => {
  const { promise: held, resolve: goOn } = Promise.withResolvers<void>();
  let count = 0;
  const port = await serve(async () => {
    count += 1;
    await held;
    return new Response("");
  });
  const client = dial(port);
  const request = requestHead("GET", "/", { "x-padding": "a".repeat(8000) });
  const sending = client.send(request.repeat(4000));
  expect(await Promise.race([sending, setTimeout(500, "held back")])).toBe("held back");
  goOn();
  expect(await client.answer()).toMatch(/connection: close\r\n/i);
  await sending.catch(() => undefined);
  expect(await client.everything()).toBe("");
  expect(count).toBe(1);
});

test("a client may close its half once it has sent its request", async () => {
  const port = await serve(async () => {
    await setTimeout(20);
    return new Response("late");
  });
  const client = dial(port);
  await client.send(requestHead("GET", "/"));
  client.endSending();
  expect(await client.answer()).toMatch(/late$/);
});

test.for([
  { what: "HTTP/1.0", version: "HTTP/1.0", connection: "", goesOn: false },
  { what: "HTTP/1.0, kept alive", version: "HTTP/1.0", connection: "keep-alive", goesOn: true },
  { what: "HTTP/1.1", version: "HTTP/1.1", connection: "", goesOn: true },
  { what: "HTTP/1.1, to be closed", version: "HTTP/1.1", connection: "close", goesOn: false },
])("after a request of $what, the connection goes on: $goesOn", async (row) => {
  const client = dial(await serve(echo));
  const head = requestHead("GET", "/", row.connection ? { connection: row.connection } : {});
  await client.send(head.replace("HTTP/1.1", row.version));
  expect(await client.answer()).toContain('"url":"http://127.0.0.1/"');
  if (!row.goesOn) expect(await client.closed).toBe("end");
  else {
    await client.send(requestHead("GET", "/again"));
    expect(await client.answer()).toContain("/again");
  }
});

const LENGTH = { "content-length": "4" };

test.for([
  { method: "GET", status: 200, body: "body", headers: {}, sent: "4", text: "body" },
  { method: "GET", status: 200, body: "é", headers: { "x-a": "é" }, sent: "2", text: "\xc3\xa9" },
  { method: "GET", status: 200, body: null, headers: {}, sent: "0", text: "" },
  { method: "PUT", status: 200, body: null, headers: {}, sent: "0", text: "" },
  { method: "HEAD", status: 200, body: null, headers: LENGTH, sent: "4", text: "" },
  { method: "HEAD", status: 200, body: "body", headers: LENGTH, sent: "4", text: "" },
  { method: "HEAD", status: 404, body: null, headers: {}, sent: undefined, text: "" },
  { method: "GET", status: 304, body: null, headers: {}, sent: undefined, text: "" },
  { method: "DELETE", status: 204, body: null, headers: {}, sent: undefined, text: "" },
])("$method is answered $status with Content-Length $sent for the body $body", async (row) => {
  const { method, status, body, headers, sent, text } = row;
  const port = await serve(async () => new Response(body, { status, headers }));
  const client = dial(port);
  await client.send(requestHead(method, "/", { connection: "close" }));
  client.endSending();
  const [head, rest] = splitAnswer(await client.everything());
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(/^content-length: (.*)$/im.exec(head)?.[1]?.trim()).toBe(sent);
  expect(head).not.toMatch(/transfer-encoding/i);
  expect(head).toMatch(/^date: /im);
  if ("x-a" in headers) expect(head).toContain("x-a: \xc3\xa9\r\n");
  expect(rest).toBe(text);
});

function splitAnswer(answer: string): [string, string] {
  const at = answer.indexOf("\r\n\r\n");
  return [answer.slice(0, at + 2), answer.slice(at + 4)];
}

// Java's HttpClient asks for HTTP/2 so, of every server.
test("an offer to upgrade is left alone", async () => {
  const port = await serve(async ({ body }) => {
    return new Response(Buffer.concat((await body?.take(4)) ?? []));
  });
  const client = dial(port);
  const upgrade = { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "" };
  await client.send(requestHead("PUT", "/", { ...upgrade, "content-length": 4 }), "body");
  expect(await client.answer()).toMatch(/^HTTP\/1.1 200 [^]*body$/);
  await client.send(requestHead("PUT", "/", { "content-length": 4 }), "next");
  expect(await client.answer()).toMatch(/next$/);
});

test("a header that cannot be sent is an InternalError, and the connection goes on", async () => {
  const port = await serve(async ({ url }) => {
    return new Response("", { headers: url.endsWith("bad") ? { a: "\u0001" } : {} });
  });
  const client = dial(port);
  await client.send(requestHead("GET", "/bad"), requestHead("GET", "/good"));
  expect(await client.answer()).toContain("<Code>InternalError</Code>");
  expect(await client.answer()).toMatch(/^HTTP\/1.1 200 /);
});
