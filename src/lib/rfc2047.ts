const ASCII = /^[\t\x20-\x7e]*$/;
/** Anything that does not print: a control, a format character, a lone surrogate. */
const UNPRINTABLE = /\p{C}/u;

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
