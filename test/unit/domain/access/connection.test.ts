import { expect, test } from "vitest";
import { connectionOf } from "../../../../src/domain/access/connection.ts";
import { s3Request } from "../auth/requests.ts";

const sent = { "cf-connecting-ip": "198.51.100.7" };

test.for([
  { from: "the edge", cf: { colo: "FRA", tlsVersion: "TLSv1.3" }, address: "198.51.100.7" },
  { from: "workerd", cf: { clientIp: "127.0.0.1:53294" }, address: "127.0.0.1" },
  { from: "workerd over IPv6", cf: { clientIp: "[::1]:53294" }, address: "::1" },
  { from: "the local server", cf: { peerAddress: "::ffff:10.0.0.1" }, address: "::ffff:10.0.0.1" },
  { from: "nothing but the client", cf: {}, address: undefined },
  { from: "no connection", cf: undefined, address: undefined },
])("of the client's address, policies believe $from, and no header of the client's", (row) => {
  const received = { cf: row.cf, headers: new Headers(sent) } as unknown as Request;
  const { address, tlsVersion } = connectionOf({ ...s3Request(), received });
  expect({ address, tlsVersion }).toEqual({
    address: row.address,
    tlsVersion: row.from === "the edge" ? "1.3" : undefined,
  });
});
