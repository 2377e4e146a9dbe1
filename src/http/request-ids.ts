/** What identifies one request to its client and in the log. */
export interface RequestIds {
  readonly requestId: string;
  /** `x-amz-id-2`. */
  readonly hostId: string;
}

export function newRequestIds(): RequestIds {
  return { requestId: newRequestId(), hostId: hostId() };
}

const DIGITS_OF_8 = 32 ** 8;

/** As AWS's: 16 characters of upper-case base 32. It finds a line in the log, and protects nothing. */
function newRequestId(): string {
  const half = () =>
    Math.floor(Math.random() * DIGITS_OF_8)
      .toString(32)
      .padStart(8, "0");
  return (half() + half()).toUpperCase();
}

let isolateId: string | undefined;

/** What AWS calls the host: here, the isolate. Made at its first request, since a Worker has no entropy before. */
function hostId(): string {
  isolateId ??= Buffer.from(crypto.getRandomValues(new Uint8Array(24))).toString("base64");
  return isolateId;
}
