/** A file's text, as Vite hands it over. */
declare module "*?raw" {
  const text: string;
  export default text;
}
