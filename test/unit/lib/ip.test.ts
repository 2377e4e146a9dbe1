import { expect, test } from "vitest";
import { parseAddressRange, rangeContains } from "../../../src/lib/ip.ts";
import { seededRandom } from "../../support/seeded-random.ts";

function contains(whole: string, part: string): boolean {
  const [a, b] = [parseAddressRange(whole), parseAddressRange(part)];
  if (a === undefined || b === undefined) throw new Error(`${whole} or ${part} is no address`);
  return rangeContains(a, b);
}

test.for([
  ["192.0.2.0/24", "192.0.2.255", true],
  ["192.0.2.0/24", "192.0.3.0", false],
  ["192.0.2.7/24", "192.0.2.9", true],
  ["192.0.2.1", "192.0.2.1", true],
  ["192.0.2.1", "192.0.2.10", false],
  ["0.0.0.0/0", "255.255.255.255", true],
  ["0.0.0.0/0", "2001:db8::1", false],
  ["::/0", "192.0.2.1", false],
  ["2001:db8::/32", "2001:DB8:ffff::1", true],
  ["2001:db8::/32", "2001:db9::1", false],
  ["::1", "0:0:0:0:0:0:0:1", true],
  ["::ffff:192.0.2.0/120", "192.0.2.1", true],
  ["192.0.2.0/24", "::ffff:192.0.2.1", true],
  ["192.0.2.0/24", "::ffff:c000:201", true],
  ["10.0.0.0/8", "10.0.0.0/7", false],
  ["10.0.0.0/8", "10.1.0.0/16", true],
  ["64:ff9b::192.0.2.33", "64:ff9b::c000:221", true],
] as const)("%s contains %s: %j", ([whole, part, isPart]) => {
  expect(contains(whole, part)).toBe(isPart);
});

test.for([
  ...[
    "",
    "1",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.4/33",
    "1.2.3.4/",
    "1.2.3.4/-1",
  ],
  ...[
    "1.2.3.4/8/8",
    "1.2.3.4/08",
    "0x1.2.3.4",
    " 1.2.3.4",
    "1.2.3.4\n",
    ":",
    ":::",
    "1::2::3",
    "1:2:3",
  ],
  ...[
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7::8",
    "::12345",
    "::g",
    "fe80::1%eth0",
    "::1/129",
    "1.2.3.4::",
  ],
  "::1.2.3.4:5",
])("%j is no address", (text) => {
  expect(parseAddressRange(text)).toBeUndefined();
});

test("a range contains the addresses whose first bits are its own", () => {
  const random = seededRandom(17);
  const bits = (address: readonly number[]) =>
    address.map((octet) => octet.toString(2).padStart(8, "0")).join("");
  for (let count = 0; count < 5_000; count += 1) {
    const whole = Array.from({ length: 4 }, () => random(256));
    const part = whole.map((octet) => (random(3) === 0 ? random(256) : octet));
    const prefixBits = random(33);
    expect(contains(`${whole.join(".")}/${prefixBits}`, part.join("."))).toBe(
      bits(part).startsWith(bits(whole).slice(0, prefixBits)),
    );
  }
});
