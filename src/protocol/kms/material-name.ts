/** What a material is sealed for, so that it is no other key's, and no other version's. */
export function materialName(accountId: string, id: string, version: number): string {
  return `${accountId}/${id}/${version}`;
}
