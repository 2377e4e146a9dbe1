interface ImportMeta {
  /** Vite's: the files that match, by path; with this query as text. */
  glob<T>(
    pattern: string | readonly string[],
    options: { readonly query?: "?raw"; readonly import: "default"; readonly eager: true },
  ): Readonly<Record<string, T>>;
}
