import { describe, test } from "vitest";
import { type Recording, expectAnswers } from "./support/recorded-answers.ts";
import messages from "./vectors/aws-answers/messages.json";

/**
 * What AWS was recorded to answer, by topic: code, status, message, and members of errors, and the main members of
 * successes. Differences that are meant are in docs/differences.md, and not here.
 *
 * Source: https://github.com/localstack/localstack/tree/main/tests/aws/services/s3 (the snapshots, as of 2026-03)
 */
const TOPICS = import.meta.glob<readonly Recording[]>(
  ["./vectors/aws-answers/*.json", "!**/messages.json"],
  { import: "default", eager: true },
);

describe.for(Object.entries(TOPICS))("AWS's answers in %s", ([, recordings]) => {
  test.for(recordings)("$name", (recording) => expectAnswers(recording, messages));
});
