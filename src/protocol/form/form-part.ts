/** What a part of a form says that it is. */
export interface FormPart {
  readonly name: string;
  /** As it was given, with what some browsers put before it. */
  readonly fileName: string | undefined;
}

const DISPOSITION = "content-disposition:";
/** `; name="value"` or `; name=value`; in quotes, a backslash keeps a quote from being the end. */
const PARAMETER = /;[ \t]*([^=;"\s]+)=(?:"((?:[^"\\]|\\[^])*)"|([^;"]*))/y;

/**
 * Reads `Content-Disposition: form-data; name="file"; filename="a.txt"`; undefined for another header, or without a name.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc7578#section-4.2
 */
export function partNamed(line: string): FormPart | undefined {
  if (line.slice(0, DISPOSITION.length).toLowerCase() !== DISPOSITION) return undefined;
  const parameters = parametersOf(line);
  const name = parameters.get("name");
  return name === undefined ? undefined : { name, fileName: parameters.get("filename") };
}

function parametersOf(line: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  let at = line.indexOf(";");
  while (at >= 0) {
    PARAMETER.lastIndex = at;
    const found = PARAMETER.exec(line);
    if (found === null) break;
    const [whole, name = "", quoted, plain = ""] = found;
    // Another backslash is one of a path: `C:\folder\file`.
    const value = quoted?.replaceAll('\\"', '"') ?? plain.trim();
    if (!parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), value);
    at = line.indexOf(";", at + whole.length);
  }
  return parameters;
}
