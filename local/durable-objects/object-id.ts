import { createHash, createHmac } from "node:crypto";

/** Of 32 bytes: the first half says which object, the second that the namespace made it. */
const HALF_BYTES = 16;

/** Which object of a namespace: 64 hexadecimal digits, which name its database. */
export class ObjectId {
  readonly hex: string;
  /** What it was made of; undefined: only the digits are known, as of an alarm that was set before it had a name. */
  readonly name: string | undefined;

  constructor(hex: string, name: string | undefined) {
    this.hex = hex;
    this.name = name;
  }

  toString(): string {
    return this.hex;
  }

  equals(other: { toString(): string }): boolean {
    return this.hex === other.toString();
  }
}

/**
 * The ids of a namespace, as workerd makes them, so that it finds the databases that this platform made.
 *
 * @param uniqueKey of the namespace, as in workerd's configuration
 *
 * Source: https://github.com/cloudflare/workerd/blob/main/src/workerd/server/actor-id-impl.c++
 */
export function objectIds(uniqueKey: string): (name: string) => ObjectId {
  const key = createHash("sha256").update(uniqueKey).digest();
  const half = (data: string | Uint8Array): Buffer =>
    createHmac("sha256", key).update(data).digest().subarray(0, HALF_BYTES);
  return (name) => {
    const first = half(name);
    return new ObjectId(Buffer.concat([first, half(first)]).toString("hex"), name);
  };
}
