/** `x-amz-bypass-governance-retention`: GOVERNANCE does not stop this request, if the caller may bypass it. */
export function bypassesGovernance(headers: Headers): boolean {
  return headers.get("x-amz-bypass-governance-retention")?.toLowerCase() === "true";
}
