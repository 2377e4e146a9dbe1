const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// oxlint-disable-next-line no-control-regex -- the controls are what is looked for
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;

/**
 * Can a header have this name? `Headers` throws for any other.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc9110#section-5.1
 */
export function isHeaderName(text: string): boolean {
  return NAME.test(text);
}

/** Can a header have this value? `Headers` throws for a NUL and for line ends; other controls have no meaning either. */
export function isHeaderValue(text: string): boolean {
  return !CONTROL.test(text);
}
