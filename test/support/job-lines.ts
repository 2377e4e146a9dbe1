import { vi } from "vitest";

type Line = Readonly<Record<string, unknown>>;

/** What jobs write to the log while something runs, without what names the shard. */
export async function jobLines(run: () => Promise<unknown>): Promise<readonly Line[]> {
  const lines: Line[] = [];
  const spies = (["error", "log", "warn"] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation((text: unknown) => {
      const { event, shard, ...told } = JSON.parse(String(text)) as Line;
      if (event === "job" && typeof shard === "string") lines.push({ level, ...told });
    }),
  );
  try {
    await run();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return lines;
}
