/** How the body of an authenticated request is framed, and what vouches for its bytes. */
export type Payload =
  /** The body as it is; `sha256Hex` is undefined for UNSIGNED-PAYLOAD, SigV2 and most presigned requests. */
  | { readonly kind: "plain"; readonly sha256Hex: string | undefined }
  /** `aws-chunked` framing. */
  | {
      readonly kind: "chunked";
      /** Signs each chunk, and the trailer; undefined for STREAMING-UNSIGNED-PAYLOAD-TRAILER. */
      readonly signer: ChunkSigner | undefined;
      /** The header names that `x-amz-trailer` announces, lower-case; empty when the mode has no trailer. */
      readonly trailerNames: readonly string[];
      /** `x-amz-decoded-content-length`. */
      readonly decodedLengthBytes: number;
    };

/** Carries the chain of chunk signatures; seeded with the request's own. */
export interface ChunkSigner {
  /** Is this the signature of the next chunk? If so, the chain moves on. */
  verifyChunk(signatureHex: string, chunkSha256Hex: string): boolean;
  /** Is this the signature of the trailer? `trailerSha256Hex` hashes the canonical trailer lines. */
  verifyTrailer(signatureHex: string, trailerSha256Hex: string): boolean;
}
