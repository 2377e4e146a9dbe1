/** Lines of an access log on their way to the object that they will be part of. */
export interface LogBatch {
  /** JSON of a `LogDestination`: those of the same go into one object. */
  readonly destination: string;
  /** When the first of them happened. */
  readonly firstMs: number;
  readonly lines: string;
  /** How many. */
  readonly count: number;
}
