import { checkInstallation, type Installation } from "../domain/check-installation.ts";
import type { Settings } from "../env.ts";
import { S3Error } from "../protocol/errors.ts";
import { isOfMissingMethod } from "../storage/clients/value-of.ts";

/** For how long a refusal is gone by, so that not each request asks anew. */
const REFUSAL_MS = 10_000;

/** Lets requests of a deployed Worker in once it is known to be safe; each isolate looks once. */
export class DeploymentGuard {
  readonly #unsafe: string | undefined;
  readonly #installation: () => Installation;
  #isPassed = false;
  #refusal = { message: "", untilMs: 0 };

  constructor({ refusal }: Pick<Settings, "refusal">, installation: () => Installation) {
    this.#unsafe = refusal;
    this.#installation = installation;
  }

  /**
   * @returns undefined: there is nothing to be waited for
   * @throws S3Error AccessDenied or ServiceUnavailable, when the deployment is not to be used
   */
  pass(nowMs: number): Promise<void> | undefined {
    if (this.#isPassed) return undefined;
    if (this.#unsafe !== undefined) throw new S3Error("AccessDenied", { message: this.#unsafe });
    const { message, untilMs } = this.#refusal;
    if (nowMs < untilMs) throw new S3Error("ServiceUnavailable", { message });
    // Requests that come at once look each for themselves: what one waits for would end with its client.
    return this.#look(nowMs);
  }

  async #look(nowMs: number): Promise<void> {
    try {
      const message = await checkInstallation(this.#installation());
      if (message !== undefined) {
        this.#refusal = { message, untilMs: nowMs + REFUSAL_MS };
        throw new S3Error("ServiceUnavailable", { message });
      }
      this.#isPassed = true;
    } catch (error) {
      // For the minutes in which the Directory still runs the code of before, it knows of no installation.
      if (!isOfMissingMethod(error)) throw error;
    }
  }
}
