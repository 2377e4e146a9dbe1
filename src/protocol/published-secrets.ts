/**
 * Secrets that anybody can read: those of the local server, of `.dev.vars.example`, which the Deploy button fills in, of MinIO
 * and LocalStack, and of AWS's documentation.
 */
const PUBLISHED_SECRETS: ReadonlySet<string> = new Set([
  "ledge-local-secret",
  "choose-40-random-characters",
  "choose-32-random-bytes-in-base64",
  "bGVkZ2UtbGVkZ2UtbGVkZ2UtbGVkZ2UtbGVkZ2UhISE=",
  "minioadmin",
  "test",
  "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
]);

export function isPublishedSecret(secret: string): boolean {
  return PUBLISHED_SECRETS.has(secret);
}
