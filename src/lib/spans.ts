/** What a span of a trace may be told. Never keys: traces are read by more people than objects are. */
type Attributes = Readonly<Record<string, boolean | number | string | undefined>>;

/** The runtime's own traces, as far as they are used here. */
interface RuntimeTracing {
  enterSpan<T>(name: string, callback: () => T): T;
  getActiveSpan(): { setAttributes(attributes: Attributes): unknown } | undefined;
}

/**
 * The spans of one request, or of an alarm. On Cloudflare they are in its trace, if it is one of those that are kept; the local server has none.
 *
 * Source: https://developers.cloudflare.com/workers/observability/traces/
 */
export class Spans {
  readonly #tracing: RuntimeTracing;

  constructor(tracing: RuntimeTracing) {
    this.#tracing = tracing;
  }

  /** Does it in a span of this name, which ends with it, or with its promise. */
  enter<T>(name: string, act: () => T): T {
    return this.#tracing.enterSpan(name, act);
  }

  /** Tells the span of the whole request, or alarm. */
  tell(attributes: Attributes): void {
    this.#tracing.getActiveSpan()?.setAttributes(attributes);
  }

  /** The same object, each of whose methods is a span `<prefix>.<method>`, but for those that only compute. */
  around<T extends object>(target: T, prefix: string, computing: ReadonlySet<string> = NONE): T {
    return new Proxy(target, {
      get: (original, name) => {
        const value: unknown = Reflect.get(original, name);
        if (typeof value !== "function" || typeof name !== "string" || computing.has(name))
          return value;
        return (...given: unknown[]): unknown =>
          this.enter(`${prefix}.${name}`, () => Reflect.apply(value, original, given));
      },
    });
  }
}

const NONE: ReadonlySet<string> = new Set();

/** @returns undefined where the runtime has no traces */
export function spansOf(context: object): Spans | undefined {
  const { tracing } = context as { readonly tracing?: RuntimeTracing };
  return tracing === undefined ? undefined : new Spans(tracing);
}
