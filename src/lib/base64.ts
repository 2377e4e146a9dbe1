/** The bytes of padded standard base64; undefined when it is anything else, or not of this many bytes. */
export function decodeBase64(text: string, lengthBytes: number): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  // Buffer skips what it cannot read, so only the way back shows that nothing was skipped.
  return bytes.length === lengthBytes && bytes.toString("base64") === text ? bytes : undefined;
}

export function hexToBase64(hexDigits: string): string {
  return Buffer.from(hexDigits, "hex").toString("base64");
}
