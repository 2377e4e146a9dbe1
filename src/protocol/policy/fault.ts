/** What can be wrong with the form of a policy; S3 and IAM have words of their own for each. */
export type Fault =
  | { readonly kind: "no JSON"; readonly position: number }
  /** Of a kind that this element cannot be, such as a number for an Action. */
  | { readonly kind: "wrong type"; readonly element: string }
  | { readonly kind: "unknown element"; readonly element: string }
  | { readonly kind: "missing element"; readonly element: string }
  | { readonly kind: "empty element"; readonly element: string }
  /** Such as Action beside NotAction. */
  | { readonly kind: "two of one element"; readonly element: string }
  | { readonly kind: "unknown version"; readonly value: string }
  | { readonly kind: "unknown effect"; readonly value: string };

export class PolicyFault extends Error {
  override readonly name = "PolicyFault";
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.kind);
    this.fault = fault;
  }
}
