type Attributes = Readonly<Record<string, unknown>>;

/** As the runtime's, but that it tells what it was asked for. */
export class RecordedTracing {
  readonly names: string[] = [];
  readonly attributes: Attributes[] = [];

  enterSpan<T>(name: string, act: () => T): T {
    this.names.push(name);
    return act();
  }

  getActiveSpan() {
    return { setAttributes: (given: Attributes) => this.attributes.push(given) };
  }
}
