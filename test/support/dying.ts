import type { BackupStore } from "../../cli/maintenance/backup/backup-store.ts";
import { SignedRequests } from "../../cli/maintenance/signed-requests.ts";
import type { Ledge } from "../../cli/testing.ts";

/** Fails from the write of this number on, as if the process that writes had been killed. */
export function dyingStore(store: BackupStore, writes: number): BackupStore {
  let left = writes;
  return {
    ...store,
    async write(name, content) {
      if (left === 0) throw new Error("killed");
      left -= 1;
      await store.write(name, content);
    },
  };
}

/** Requests that fail from the one of this number on. */
export function dyingRequests(
  { endpoint: url, region, credentials }: Ledge,
  count: number,
): SignedRequests {
  const mortal = new SignedRequests({ url, region, ...credentials });
  const send = mortal.send.bind(mortal);
  let left = count;
  mortal.send = async (...args) => {
    if (left === 0) throw new Error("killed");
    left -= 1;
    return send(...args);
  };
  return mortal;
}
