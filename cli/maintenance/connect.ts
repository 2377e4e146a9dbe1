import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";
import type { ServeOptions } from "../arguments.ts";
import { testOutput } from "../output.ts";
import { startServer } from "../start-server.ts";
import { UserError } from "../user-error.ts";
import type { Place } from "./arguments.ts";
import { SignedRequests } from "./signed-requests.ts";

export interface Connection {
  readonly requests: SignedRequests;
  close(): Promise<void>;
}

/**
 * Opens a server's data by its administrative requests. For a data folder a server is started in this process, which nobody else
 * has the key of and which does nothing in its own time: so there is one way, whatever the data lie in.
 *
 * @param mayMake a folder that is not there is made
 * @throws UserError when there are none, or another server has the folder
 */
export async function connect(place: Place, mayMake = false): Promise<Connection> {
  const { dataFolder, settings, endpoint, region, accessKeyId, secretAccessKey } = place;
  if (dataFolder === undefined) {
    const requests = new SignedRequests({ url: endpoint, region, accessKeyId, secretAccessKey });
    return { requests, close: async () => requests.close() };
  }
  if (!mayMake && !existsSync(path.join(dataFolder, "format.json")))
    throw new UserError(`${dataFolder} is no data folder of Ledge`);
  process.umask(0o077);
  const ownKey = { accessKeyId: "maintenance", secretAccessKey: randomBytes(32).toString("hex") };
  const server = await startServer({ ...AT_REST, ...ownKey, dataFolder, settings }, testOutput);
  const { endpoint: url, region: own } = server.announcement;
  const requests = new SignedRequests({ url, region: own, ...ownKey });
  return {
    requests,
    async close() {
      requests.close();
      server.stop();
      await server.ended;
    },
  };
}

const AT_REST: Omit<ServeOptions, "accessKeyId" | "dataFolder" | "secretAccessKey" | "settings"> = {
  port: 0,
  host: "127.0.0.1",
  tls: undefined,
  accountsFile: undefined,
  buckets: [],
  eventTargets: "",
  replicationTargets: "",
  metricsToken: "",
  runtime: "node",
  isSynced: true,
  isQuiet: true,
  stopWithinMs: 8000,
  allowsDefaultCredentials: false,
  stopsOnStdinEnd: false,
  isAtRest: true,
};
