export interface PolicyStatement {
  readonly Effect?: "Allow" | "Deny";
  readonly Principal?: unknown;
  readonly Action: string | readonly string[];
  /** Keys of the bucket; the empty one is the bucket itself. */
  readonly on: readonly string[];
  readonly Condition?: object;
}

/** A policy's text. Statements allow everybody, unless they say otherwise. */
export function policyText(bucket: string, statements: readonly PolicyStatement[]): string {
  const Statement = statements.map(({ on, ...statement }) => ({
    Effect: "Allow",
    Principal: "*",
    ...statement,
    Resource: on.map((key) => `arn:aws:s3:::${bucket}${key === "" ? "" : `/${key}`}`),
  }));
  return JSON.stringify({ Version: "2012-10-17", Statement });
}
