import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { createSecureContext } from "node:tls";
import { systemCode, UserError } from "./user-error.ts";

/** Paths of PEM files. */
export interface KeyPair {
  readonly certificatePath: string;
  readonly keyPath: string;
}

/** The paths are absolute; beside them is what the files have. */
export interface ReadKeyPair extends KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** @throws UserError when the files are not a certificate that is valid today, and its private key */
export function readKeyPair(tls: KeyPair): ReadKeyPair {
  const certificatePath = path.resolve(tls.certificatePath);
  const keyPath = path.resolve(tls.keyPath);
  const cert = readPem("--tls-cert", certificatePath);
  const key = readPem("--tls-key", keyPath);
  const validTo = expiryOf(cert, key);
  if (validTo === undefined)
    throw new UserError(
      `${certificatePath} and ${keyPath} are not a certificate and its private key in PEM`,
    );
  if (Date.parse(validTo) < Date.now())
    throw new UserError(`the certificate ${certificatePath} expired on ${validTo}`);
  return { certificatePath, keyPath, cert, key };
}

function expiryOf(cert: string, key: string): string | undefined {
  try {
    createSecureContext({ cert, key });
    return new X509Certificate(cert).validTo;
  } catch {
    return undefined;
  }
}

function readPem(option: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UserError(`${option} ${file} cannot be read (${systemCode(error)})`);
  }
}
