/** The UTF-8 bytes of a text, two lower-case digits each, apart by spaces: `61 2f`. */
export function spacedHex(text: string): string {
  return Buffer.from(text)
    .toString("hex")
    .replace(/..(?=.)/g, "$& ");
}
