interface ImportMeta {
  /** Vite's: the files that match, by path; here as text. */
  glob<T>(
    pattern: string,
    options: { readonly query: "?raw"; readonly import: "default"; readonly eager: true },
  ): Readonly<Record<string, T>>;
}
