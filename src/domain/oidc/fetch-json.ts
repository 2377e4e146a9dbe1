const MAX_BYTES = 256 * 1024;
const TIMEOUT_MS = 5000;

/** Why a provider's document could not be had: for the log, since it is nobody else's business. */
export class UnreachableProviderError extends Error {
  override readonly name = "UnreachableProviderError";
}

/**
 * A JSON document of somebody else's, within bounds: 256 KiB, 5 seconds, and no redirects, which could lead anywhere.
 *
 * @throws UnreachableProviderError
 */
export async function fetchJson(url: URL): Promise<unknown> {
  // Of everything that follows: an answer may come slowly.
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const headers = { accept: "application/json" };
    const response = await fetch(url, { headers, redirect: "manual", signal });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new UnreachableProviderError(`${url.href} answers with ${response.status}`);
    }
    return JSON.parse(await boundedBody(response, url)) as unknown;
  } catch (error) {
    if (error instanceof UnreachableProviderError) throw error;
    throw new UnreachableProviderError(`${url.href} cannot be read: ${String(error)}`);
  }
}

async function boundedBody({ body }: Response, { href }: URL): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.byteLength;
    // Leaving the loop cancels the rest.
    if (length > MAX_BYTES) throw new UnreachableProviderError(`${href} is too long`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
