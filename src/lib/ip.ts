/** An address or a range of addresses. IPv4 in IPv6's clothes, `::ffff:192.0.2.1`, is IPv4. */
export interface AddressRange {
  /** Of 16 bits each: two of IPv4, eight of IPv6. */
  readonly groups: readonly number[];
  /** The first so many bits are those of all its addresses. */
  readonly prefixBits: number;
}

const GROUP_BITS = 16;
const OCTET = /^(?:0|[1-9]\d{0,2})$/;
const GROUP = /^[\da-f]{1,4}$/i;
const PREFIX_BITS = /^(?:0|[1-9]\d{0,2})$/;
/** What is before the IPv4 address of `::ffff:192.0.2.1`. */
const MAPPED = [0, 0, 0, 0, 0, 0xffff];
const MAPPED_BITS = MAPPED.length * GROUP_BITS;

/**
 * `192.0.2.0/24`, `2001:db8::/32`, or one address, which is a range of its own. Undefined for anything else, a zone included.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc4632#section-3.1, https://www.rfc-editor.org/rfc/rfc4291#section-2.2
 */
export function parseAddressRange(text: string): AddressRange | undefined {
  const [addressText = "", prefixText, ...rest] = text.split("/", 3);
  const groups = addressText.includes(":") ? parseIpv6(addressText) : parseIpv4(addressText);
  if (groups === undefined || rest.length > 0) return undefined;
  if (prefixText !== undefined && !PREFIX_BITS.test(prefixText)) return undefined;
  const bits = groups.length * GROUP_BITS;
  const prefixBits = prefixText === undefined ? bits : Number(prefixText);
  if (prefixBits > bits) return undefined;
  const isMapped =
    groups.length > MAPPED.length &&
    prefixBits >= MAPPED_BITS &&
    MAPPED.every((group, i) => group === groups[i]);
  return isMapped
    ? { groups: groups.slice(MAPPED.length), prefixBits: prefixBits - MAPPED_BITS }
    : { groups, prefixBits };
}

export function isIpv4({ groups }: AddressRange): boolean {
  return groups.length === 2;
}

/** Is one a part of the other? Families never are parts of each other. */
export function rangeContains(whole: AddressRange, part: AddressRange): boolean {
  const { groups, prefixBits } = whole;
  if (groups.length !== part.groups.length || prefixBits > part.prefixBits) return false;
  for (let i = 0; i * GROUP_BITS < prefixBits; i += 1) {
    const otherBits = Math.max((i + 1) * GROUP_BITS - prefixBits, 0);
    if (((groups[i] ?? 0) ^ (part.groups[i] ?? 0)) >> otherBits !== 0) return false;
  }
  return true;
}

function parseIpv4(text: string): number[] | undefined {
  const octets = text.split(".", 5);
  // A leading zero means octal to some.
  if (octets.length !== 4 || !octets.every((octet) => OCTET.test(octet) && Number(octet) < 256))
    return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = octets.map(Number);
  return [(a << 8) | b, (c << 8) | d];
}

function parseIpv6(text: string): number[] | undefined {
  const [head = "", tail, ...rest] = text.split("::", 3);
  const before = groupsOf(head, tail === undefined);
  const after = groupsOf(tail ?? "", true);
  if (before === undefined || after === undefined || rest.length > 0) return undefined;
  const missing = 8 - before.length - after.length;
  // `::` stands for at least one group.
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  return [...before, ...Array<number>(missing).fill(0), ...after];
}

/** Only the last two may be written as an IPv4 address. */
function groupsOf(text: string, isEnd: boolean): number[] | undefined {
  if (text === "") return [];
  const words = text.split(":", 9);
  const groups: number[] = [];
  for (const [i, word] of words.entries()) {
    const ipv4 = isEnd && i === words.length - 1 ? parseIpv4(word) : undefined;
    if (ipv4 !== undefined) groups.push(...ipv4);
    else if (GROUP.test(word)) groups.push(Number.parseInt(word, 16));
    else return undefined;
  }
  return groups;
}
