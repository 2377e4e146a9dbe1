import type { ObjectId } from "./object-id.ts";

/** What can be called from outside. An answer is a copy, and a promise in any case. */
export type Stub<T> = {
  readonly [Name in Exclude<keyof T, "alarm">]: T[Name] extends (
    ...given: infer Given
  ) => infer Answer
    ? (...given: Given) => Promise<Awaited<Answer>>
    : never;
};

/** One method for each of the class's, which goes by way of `call`. */
export function stubClass<T>(
  prototype: object,
  call: (id: ObjectId, method: string, given: readonly unknown[]) => Promise<unknown>,
): new (id: ObjectId) => Stub<T> {
  class StubOf {
    readonly id: ObjectId;
    constructor(id: ObjectId) {
      this.id = id;
    }
  }
  for (const method of Object.getOwnPropertyNames(prototype)) {
    if (method === "constructor" || method === "alarm") continue;
    Object.defineProperty(StubOf.prototype, method, {
      value(this: StubOf, ...given: readonly unknown[]) {
        return call(this.id, method, given);
      },
    });
  }
  // The loop has made the methods that the type knows.
  return StubOf as unknown as new (id: ObjectId) => Stub<T>;
}
