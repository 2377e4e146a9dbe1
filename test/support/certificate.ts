import path from "node:path";

const fixtures = path.resolve(import.meta.dirname, "..", "fixtures");

/** Paths of PEM files. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/**
 * Paths of a self-signed certificate for 127.0.0.1 and localhost, and of its key, which is public and protects nothing.
 * It lies here ready made, since Node cannot make one and not every machine has `openssl`.
 */
export const CERTIFICATE: Certificate = {
  certificate: path.join(fixtures, "localhost-certificate.pem"),
  key: path.join(fixtures, "localhost-key.pem"),
};
