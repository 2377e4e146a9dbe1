import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { setTimeout } from "node:timers/promises";
import path from "node:path";
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, test, vi } from "vitest";
import { runLedge } from "../support/ledge-command.ts";
import { RawConnection } from "../support/raw-connection.ts";
import { sdkClient, uniqueBucket } from "../support/sdk.ts";

/** The command that runs the rest with so few descriptors. */
const limitedTo = (descriptors: string) => [
  ...["sh", "-c", 'ulimit -n "$0"; exec "$@"'],
  descriptors,
];

// A connection takes two descriptors of workerd's: by the parity of the limit, it runs out at one place or another.
test.for(["200", "201"])(
  "more connections than %s file descriptors allow are survived, and nothing is lost",
  async (limit) => {
    const folder = await mkdtemp(path.join(tmpdir(), "ledge-descriptors-"));
    const args = ["serve", "--port", "0", "--data", folder, "--quiet"];
    const command = runLedge(args, {}, limitedTo(limit));
    try {
      const {
        endpoint = "",
        accessKeyId = "",
        secretAccessKey = "",
      } = await command.event("ready");
      const s3 = sdkClient({ endpoint, credentials: { accessKeyId, secretAccessKey } });
      const Bucket = await uniqueBucket(s3);
      await s3.send(new PutObjectCommand({ Bucket, Key: "key", Body: "acknowledged" }));
      const port = Number(new URL(endpoint).port);
      const idle = Array.from({ length: 260 }, () => new RawConnection(port));
      await Promise.race([...idle.map(({ closed }) => closed), setTimeout(1000)]);
      for (const connection of idle) connection.close();
      const read = async () => {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: "key" }));
        return Body?.transformToString();
      };
      const wait = { timeout: 20_000, interval: 20 };
      expect(await vi.waitUntil(() => read().catch(() => undefined), wait)).toBe("acknowledged");
    } finally {
      command.child.kill("SIGTERM");
      await command.ended;
      await rm(folder, { recursive: true, force: true });
    }
  },
);
