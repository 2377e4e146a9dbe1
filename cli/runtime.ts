import type { ServeOptions } from "./arguments.ts";
import type { DataFolder } from "./data-folder.ts";
import type { ReadKeyPair } from "./key-pair.ts";
import type { Output } from "./output.ts";

/** What is to be run: the options, found to be good. */
export interface Plan {
  readonly options: ServeOptions;
  /** Numeric. */
  readonly address: string;
  readonly tls: ReadKeyPair | undefined;
  /** The settings of wrangler.toml, all of them. */
  readonly vars: Readonly<Record<string, string>>;
  readonly folder: DataFolder;
  readonly output: Output;
}

/** A server that listens. */
export interface RunningServer {
  readonly port: number;
  /** Done when it has stopped, and has let go of the data; fails when it ends by itself. */
  readonly ended: Promise<void>;
  /** Takes no new requests, answers the open ones, and ends. */
  stop(): void;
}

/** @throws UserError when it cannot start */
export type Runtime = (plan: Plan) => Promise<RunningServer>;
