import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import path from "node:path";
import { generate } from "selfsigned";
import type { KeyPair } from "./key-pair.ts";

const DAY_MS = 86_400_000;
/** Apple's systems trust none for longer. Source: https://support.apple.com/en-us/102028 */
const VALIDITY_DAYS = 397;
/** With less than this to go a new one is made. */
const LEAST_DAYS_LEFT = 30;

const IP_ADDRESS = 7;
const DNS_NAME = 2;

/**
 * The certificate that the server has made for itself, and its key; made at the first start, and when it is about to
 * expire or does not name all that it is to name. It signs itself, so that clients can be told to trust just this one.
 *
 * @param folder to keep both in
 * @param names hosts, or addresses
 */
export async function ownKeyPair(folder: string, names: readonly string[]): Promise<KeyPair> {
  const certificatePath = path.join(folder, "certificate.pem");
  const keyPath = path.join(folder, "key.pem");
  if (isStillGood(certificatePath, keyPath, names)) return { certificatePath, keyPath };
  const { cert, private: key } = await generate([{ name: "commonName", value: "Ledge" }], {
    keyType: "ec",
    algorithm: "sha256",
    notAfterDate: new Date(Date.now() + VALIDITY_DAYS * DAY_MS),
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", digitalSignature: true, keyCertSign: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames: names.map(alternativeName) },
    ],
  });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(keyPath, key, { mode: 0o600 });
  writeFileSync(certificatePath, cert, { mode: 0o600 });
  return { certificatePath, keyPath };
}

function alternativeName(name: string) {
  if (isIP(name) === 0) return { type: DNS_NAME, value: name } as const;
  return { type: IP_ADDRESS, ip: name } as const;
}

function isStillGood(certificatePath: string, keyPath: string, names: readonly string[]): boolean {
  try {
    const certificate = new X509Certificate(readFileSync(certificatePath));
    const leftMs = Date.parse(certificate.validTo) - Date.now();
    return (
      leftMs > LEAST_DAYS_LEFT * DAY_MS &&
      // A server that died between the two files left another key.
      certificate.checkPrivateKey(createPrivateKey(readFileSync(keyPath))) &&
      names.every((name) => isNamed(certificate, name))
    );
  } catch {
    // None has been made, or what is there is none.
    return false;
  }
}

function isNamed(certificate: X509Certificate, name: string): boolean {
  const found =
    isIP(name) === 0 ? certificate.checkHost(name.replace("*", "any")) : certificate.checkIP(name);
  return found !== undefined;
}
