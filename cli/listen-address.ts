import { once } from "node:events";
import { createServer, isIP } from "node:net";
import { systemCode, UserError } from "./user-error.ts";

/**
 * @returns the numeric address that a host name stands for
 * @throws UserError when it stands for none
 */
export async function resolveHost(host: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  try {
    const { lookup } = await import("node:dns/promises");
    return (await lookup(host)).address;
  } catch {
    throw new UserError(`--host ${host} is no address`);
  }
}

export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

/**
 * Asked beforehand, since workerd says less about why it cannot listen. Any port will do for 0.
 *
 * @throws UserError when the address cannot be listened on
 */
export async function requireFreePort(address: string, port: number): Promise<void> {
  const probe = createServer().listen({ host: address, port });
  try {
    await once(probe, "listening");
  } catch (error) {
    throw listenFailure(error, address, port);
  }
  probe.close();
  await once(probe, "close");
}

/** @returns a UserError if it is the address that cannot be listened on, else the error itself */
export function listenFailure(error: unknown, address: string, port: number): unknown {
  const { syscall } = error as { readonly syscall?: unknown };
  if (syscall !== "listen") return error;
  return new UserError(whyNotListen(systemCode(error), address, port));
}

function whyNotListen(code: string | undefined, address: string, port: number): string {
  if (code === "EADDRINUSE")
    return `port ${port} of ${address} is in use; choose another with --port`;
  if (code === "EACCES")
    return `port ${port} is for administrators only; choose another with --port`;
  if (code === "EADDRNOTAVAIL")
    return `${address} is not an address of this machine; choose another with --host`;
  return `cannot listen on port ${port} of ${address} (${code})`;
}

/** The URL by which clients on this machine reach the server, also when it listens on all addresses. */
export function endpointOf(scheme: "http" | "https", address: string, port: number): string {
  const reachable = address === "0.0.0.0" ? "127.0.0.1" : address === "::" ? "::1" : address;
  return `${scheme}://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}
