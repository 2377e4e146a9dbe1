/** What became of something that was sent to a target. */
export type Delivery =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly reason: string;
      /** The target said so (410): it is not to be asked again soon. */
      readonly isGone?: boolean;
      /** It will never be taken: to send it once more is of no use. */
      readonly isFinal?: boolean;
    };
