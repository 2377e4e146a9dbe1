/** Gives back what an answer holds that nobody wants. What is in memory holds nothing. */
export async function discardBody({ body }: Pick<Response, "body">): Promise<void> {
  const held = body as Partial<ReadableStream> | null;
  await held?.cancel?.().catch(() => undefined);
}
