import type { S3Request } from "../../protocol/s3-request.ts";

/** What policies may know of the connection that a request came by. */
export interface Connection {
  /** The client's address; undefined where only the client itself tells it. */
  readonly address: string | undefined;
  /** `1.3`; undefined without TLS, and where something before Ledge ends it. */
  readonly tlsVersion: string | undefined;
}

interface Told {
  /** Of Cloudflare's edge, which then sets `CF-Connecting-IP`, whatever the client has sent. */
  readonly colo?: string;
  readonly tlsVersion?: string;
  /** Of workerd, with the port: `127.0.0.1:53294`, `[::1]:53294`. */
  readonly clientIp?: string;
  /** Of the local server. */
  readonly peerAddress?: string;
}

/** Source: https://developers.cloudflare.com/workers/runtime-apis/request/#incomingrequestcfproperties */
export function connectionOf({ received }: S3Request): Connection {
  const { colo, tlsVersion, clientIp, peerAddress } = (received?.cf ?? {}) as Told;
  const told = colo === undefined ? undefined : received?.headers.get("cf-connecting-ip");
  return {
    address: peerAddress ?? (clientIp === undefined ? (told ?? undefined) : withoutPort(clientIp)),
    tlsVersion:
      tlsVersion?.startsWith("TLSv") === true ? tlsVersion.slice("TLSv".length) : undefined,
  };
}

function withoutPort(address: string): string {
  const bare = address.slice(0, address.lastIndexOf(":"));
  return bare.startsWith("[") ? bare.slice(1, -1) : bare;
}
