const ASCII = /^[\t\x20-\x7e]*$/;
/** Anything that does not print: a control, a format character, a lone surrogate, or what stands for one. */
const UNPRINTABLE = /[\p{C}\ufffd]/u;

/**
 * Text as an HTTP header can carry it: ASCII as it is, anything else as one encoded word of UTF-8.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc2047
 */
export function encodeRfc2047(text: string): string {
  if (ASCII.test(text)) return text;
  const bytes = Buffer.from(text);
  if (UNPRINTABLE.test(text)) return `=?UTF-8?B?${bytes.toString("base64")}?=`;
  return `=?UTF-8?Q?${bytes.toString("latin1").replace(/[^!-<>@-^`-~]/g, quotedPrintable)}?=`;
}

function quotedPrintable(byte: string): string {
  return byte === " " ? "_" : `=${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}

/**
 * Text that is nothing but encoded words of UTF-8, decoded; any other text as it is. Bytes that are not UTF-8 become
 * U+FFFD.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc2047
 */
export function decodeRfc2047(text: string): string {
  if (!text.startsWith("=?")) return text;
  const words = text.split(" ").map(decodeWord);
  return words.includes(undefined) ? text : words.join("");
}

function decodeWord(word: string): string | undefined {
  if (word.length < 4 || !word.startsWith("=?") || !word.endsWith("?=") || !ASCII.test(word))
    return undefined;
  const [charset = "", encoding = "", content = "", ...rest] = word.slice(2, -2).split("?");
  if (charset.toLowerCase() !== "utf-8" || rest.length > 0) return undefined;
  switch (encoding.toUpperCase()) {
    case "Q":
      return decodeQ(content);
    case "B":
      return decodeB(content);
    default:
      return undefined;
  }
}

function decodeQ(content: string): string {
  const bytes = content
    .replaceAll("_", " ")
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  return Buffer.from(bytes, "latin1").toString();
}

/** What is no digit of base64 counts as its last, whose bits are all set, as with AWS. */
function decodeB(content: string): string {
  const digits = content.replace(/={1,2}$/, "").replace(/[^A-Za-z0-9+/]/g, "/");
  return Buffer.from(digits, "base64").toString();
}
