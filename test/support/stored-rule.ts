/** A lifecycle rule as it is stored, about all keys unless `said` has a filter. */
export function storedRule(said: object): object {
  return {
    ID: "r",
    Filter: {},
    Status: "Enabled",
    Transition: [],
    NoncurrentVersionTransition: [],
    ...said,
  };
}
