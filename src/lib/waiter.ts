/** Whoever keeps the isolate alive for what goes on after the answer. */
export type Waiter = Pick<ExecutionContext, "waitUntil">;
