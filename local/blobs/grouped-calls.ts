interface Group {
  /** The call that is under way. */
  running: Promise<void>;
  /** The one after it, for all who have come since it began. */
  next: Promise<void> | undefined;
}

/**
 * Calls `work` for each key one at a time: whoever asks while it runs gets the result of the next run, together with all
 * others who asked meanwhile, since what they want done may not be seen by the run that is under way.
 */
export function groupedCalls(work: (key: string) => Promise<void>): (key: string) => Promise<void> {
  const groups = new Map<string, Group>();

  async function run(key: string): Promise<void> {
    try {
      await work(key);
    } finally {
      if (groups.get(key)?.next === undefined) groups.delete(key);
    }
  }

  return (key) => {
    const group = groups.get(key);
    if (group === undefined) {
      const running = run(key);
      groups.set(key, { running, next: undefined });
      return running;
    }
    group.next ??= group.running
      .catch(() => undefined)
      .then(() => {
        group.next = undefined;
        group.running = run(key);
        return group.running;
      });
    return group.next;
  };
}
