import { createInterface } from "node:readline/promises";

/** Asks whoever sits at the terminal; nobody, when there is none, or `--yes` was said. */
export interface Questions {
  readonly isInteractive: boolean;
  /** @returns undefined: there is nobody to ask */
  confirm(question: string): Promise<boolean | undefined>;
  /** @returns the place of the answer among the choices; undefined: there is nobody to ask */
  choose(question: string, choices: readonly string[]): Promise<number | undefined>;
}

export function questionsOf(asksNothing: boolean): Questions {
  const isInteractive = !asksNothing && process.stdin.isTTY && process.stdout.isTTY;
  const ask = async (question: string): Promise<string | undefined> => {
    if (!isInteractive) return undefined;
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    try {
      return (await terminal.question(question)).trim();
    } finally {
      terminal.close();
    }
  };
  return {
    isInteractive,
    async confirm(question) {
      const answer = await ask(`${question} [y/N] `);
      return answer === undefined ? undefined : /^y(?:es)?$/i.test(answer);
    },
    async choose(question, choices) {
      const list = choices.map((choice, i) => `  ${i + 1}  ${choice}`).join("\n");
      for (;;) {
        const answer = await ask(`${question}\n${list}\n> `);
        if (answer === undefined) return undefined;
        const place = Number(answer) - 1;
        if (choices[place] !== undefined) return place;
      }
    },
  };
}
