import { type AddressRange, parseAddressRange, rangeContains } from "../../lib/ip.ts";

/**
 * Networks that are not the Internet's: this host, its link, private ones, and those set aside for protocols.
 *
 * Source: https://www.iana.org/assignments/iana-ipv4-special-registry/ and
 * https://www.iana.org/assignments/iana-ipv6-special-registry/
 */
const INSIDE: readonly AddressRange[] = [
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"],
  ...["172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3"],
  ...["::/96", "64:ff9b::/96", "64:ff9b:1::/48", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"],
].flatMap((text) => parseAddressRange(text) ?? []);

/** Names that end so are a machine's own, or a network's. Source: https://www.rfc-editor.org/rfc/rfc6761 */
const INSIDE_NAME = /(?:^|\.)(?:localhost|local|localdomain|internal|home\.arpa|lan)$/;

/**
 * The URL of an OIDC provider, or one that it names, when Ledge may fetch it: https on the Internet. Where `mayBeInside`, as on
 * the local server, any host, and without TLS what is not on the Internet.
 *
 * What a name resolves to cannot be seen here: a Worker's own network has no inside.
 *
 * @returns undefined: it is no such URL
 */
export function fetchableUrl(text: string, mayBeInside: boolean): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username !== "" || url.password !== "" || url.hash !== "")
    return undefined;
  const isWithin = isInside(url.hostname);
  if (isWithin && !mayBeInside) return undefined;
  const isEncrypted = url.protocol === "https:";
  return isEncrypted || (isWithin && url.protocol === "http:") ? url : undefined;
}

/** @param hostname as URL has it: in lower case, IPv4 as four numbers, IPv6 in brackets */
function isInside(hostname: string): boolean {
  const name = hostname.replace(/\.$/, "");
  const address = parseAddressRange(name.replace(/^\[|\]$/g, ""));
  if (address !== undefined) return INSIDE.some((range) => rangeContains(range, address));
  // A name of one part is one of a local network's.
  return !name.includes(".") || INSIDE_NAME.test(name);
}
