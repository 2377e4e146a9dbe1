const BEYOND_ASCII = /[\u0080-\uffff]/;

/** A header's value as it was sent, in UTF-8; node:http reads it as Latin-1. */
export function receivedText(latin1: string): string {
  return BEYOND_ASCII.test(latin1) ? Buffer.from(latin1, "latin1").toString("utf8") : latin1;
}

/** The inverse: node:http writes heads as Latin-1. */
export function sentText(text: string): string {
  return BEYOND_ASCII.test(text) ? Buffer.from(text, "utf8").toString("latin1") : text;
}
