import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A record that was taken, as far as the tests look at it. */
export interface TakenRecord {
  readonly eventName: string;
  readonly s3: {
    readonly object: {
      readonly key: string;
      readonly versionId: string;
      readonly sequencer: string;
    };
  };
}

/** A webhook in this process that fails, answers late, hangs up before or after it has taken a record, and dies. */
export class UnreliableReceiver {
  readonly taken: TakenRecord[] = [];
  isReliable = false;
  #server: Server | undefined;
  #port = 0;

  async start(): Promise<string> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const luck = this.isReliable ? 1 : Math.random();
        const answer = (status: number): void => void response.writeHead(status).end();
        if (luck < 0.1) return void request.socket.destroy();
        if (luck < 0.2) return answer(503);
        const { Records = [] } = JSON.parse(Buffer.concat(chunks).toString()) as {
          readonly Records?: TakenRecord[];
        };
        this.taken.push(...Records);
        if (luck < 0.25) return void request.socket.destroy();
        if (luck < 0.3) return void setTimeout(() => answer(200), 50);
        answer(204);
      });
    });
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    return `http://127.0.0.1:${this.#port}/`;
  }

  /** Whatever is under way breaks off. */
  async die(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
}
