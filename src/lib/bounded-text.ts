/** A text that somebody made as long as they liked, cut to so many UTF-16 units. */
export function boundedText(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`;
}
