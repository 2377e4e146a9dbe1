/**
 * What passes through is of exactly the length that was said, as by the stream of the same name in workerd.
 *
 * Source: https://developers.cloudflare.com/workers/runtime-apis/streams/transformstream/#fixedlengthstream
 */
export class FixedLengthStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;

  constructor(lengthBytes: number) {
    let leftBytes = lengthBytes;
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        leftBytes -= chunk.byteLength;
        if (leftBytes < 0)
          throw new TypeError("Attempt to write too many bytes through a FixedLengthStream.");
        controller.enqueue(chunk);
      },
      flush() {
        if (leftBytes > 0)
          throw new TypeError("FixedLengthStream did not see all expected bytes before close().");
      },
    });
    this.readable = readable;
    this.writable = writable;
  }
}
