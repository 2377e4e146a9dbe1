import type { BlobPage } from "../ports/blob-store.ts";

/** Ids of one page of a listing. */
const PAGE_LENGTH = 1000;
/** How an id's ULID is cut into folders and file: 12 days a folder, 33 seconds a folder in it. */
const FOLDER_LENGTHS = [4, 3];

/**
 * Where a blob lies below the folder of all blobs: `<bucket id>/<shard>/<ulid>` is the file
 * `<bucket id>/<shard>/<4>/<3>/<19>`. A ULID begins with its time, so folders stay of bearable size and a listing in order
 * of id is a walk through them in order.
 */
export function blobPath(id: string): string {
  const ulidAt = id.lastIndexOf("/") + 1;
  let path = id.slice(0, ulidAt);
  let rest = id.slice(ulidAt);
  for (const length of FOLDER_LENGTHS) {
    path += `${rest.slice(0, length)}/`;
    rest = rest.slice(length);
  }
  return path + rest;
}

/**
 * A page of the port's `list`.
 *
 * @param prefix ends with a slash
 * @param namesIn names in a folder, given by its path, in any order; none when there is no such folder. Only finished blobs
 * and folders are to be among them
 */
export async function listBlobFiles(
  namesIn: (path: string) => Promise<string[]>,
  prefix: string,
  after: string,
): Promise<BlobPage> {
  const ids: string[] = [];
  for await (const id of walk(prefix, 0)) {
    if (ids.length === PAGE_LENGTH) return { ids, next: ids.at(-1) };
    ids.push(id);
  }
  return { ids, next: undefined };

  /** Ids in order; folders that lie before `after` are not opened. */
  async function* walk(path: string, depth: number): AsyncGenerator<string, void> {
    const idBefore = prefix + path.slice(prefix.length).replaceAll("/", "");
    const isLeaf = depth === FOLDER_LENGTHS.length;
    for (const name of namesAfter(await namesIn(path), idBefore, isLeaf))
      if (isLeaf) yield idBefore + name;
      else yield* walk(`${path}${name}/`, depth + 1);
  }

  function namesAfter(names: readonly string[], idBefore: string, isLeaf: boolean): string[] {
    if (!after.startsWith(idBefore)) return idBefore > after ? names.toSorted() : [];
    const rest = after.slice(idBefore.length);
    const isAfter = (name: string): boolean =>
      isLeaf ? name > rest : name >= rest.slice(0, name.length);
    return names.filter(isAfter).toSorted();
  }
}
