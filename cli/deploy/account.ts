import { tmpdir } from "node:os";
import { UserError } from "../user-error.ts";
import { CloudflareApi, type Credential } from "./cloudflare-api.ts";
import { CloudflareError } from "./cloudflare-api.ts";
import type { Questions } from "./questions.ts";
import { runWrangler } from "./wrangler.ts";

export interface Account {
  readonly id: string;
  readonly name: string;
}

const PERMISSIONS = `Not logged in to Cloudflare. Run "npx wrangler login", or set CLOUDFLARE_API_TOKEN to a token with these permissions:
  Account: Workers Scripts (edit), Workers KV Storage (edit), Workers R2 Storage (edit), Account Settings (read)
  Zone, for --domain: DNS (edit), Workers Routes (edit), Zone (read); for --zone-settings: Config Rules, Response Compression, Zone WAF (edit)
  https://dash.cloudflare.com/profile/api-tokens`;

/** @throws UserError that says how, when nobody is logged in */
export async function logIn(): Promise<CloudflareApi> {
  const { exitCode, output } = await runWrangler(["auth", "token", "--json"], {
    cwd: tmpdir(),
    isQuiet: true,
  });
  const credential = exitCode === 0 ? credentialIn(output) : undefined;
  if (credential === undefined) throw new UserError(PERMISSIONS);
  return new CloudflareApi(credential, process.env["CLOUDFLARE_API_BASE_URL"]);
}

function credentialIn(output: string): Credential | undefined {
  try {
    // Wrangler may say something before, such as which variables it read.
    return JSON.parse(output.slice(output.indexOf("{"))) as Credential;
  } catch {
    return undefined;
  }
}

/**
 * The account to deploy to.
 *
 * @param wanted by the command line, an earlier deployment, or CLOUDFLARE_ACCOUNT_ID
 * @throws UserError when there is none, or not that one, or several and nobody to ask
 */
export async function chooseAccount(
  api: CloudflareApi,
  wanted: string | undefined,
  questions: Questions,
): Promise<Account> {
  const accounts = await accountsOf(api, wanted);
  const [first, ...others] = accounts;
  if (wanted !== undefined) {
    const found = accounts.find(({ id }) => id === wanted);
    if (found === undefined)
      throw new UserError(`this login has no account ${wanted}; it has ${named(accounts)}`);
    return found;
  }
  if (first === undefined) throw new UserError("this login has no account; see its permissions");
  if (others.length === 0) return first;
  const chosen = await questions.choose(
    "Which account?",
    accounts.map(({ id, name }) => `${name} (${id})`),
  );
  if (chosen === undefined)
    throw new UserError(`this login has several accounts; say --account-id: ${named(accounts)}`);
  return accounts[chosen] ?? first;
}

/** A token that may see no list of accounts works for the one that is named. */
async function accountsOf(api: CloudflareApi, wanted: string | undefined): Promise<Account[]> {
  try {
    const accounts = await api.list<Account>("/accounts", { what: "list your accounts" });
    if (accounts.length > 0 || wanted === undefined) return accounts;
  } catch (error) {
    if (!(error instanceof CloudflareError) || wanted === undefined || error.status === 401)
      throw error;
  }
  return [{ id: wanted, name: "the account of the token" }];
}

function named(accounts: readonly Account[]): string {
  return accounts.map(({ id, name }) => `${id} (${name})`).join(", ");
}

/** What there is to say of the account's plan; a token that may not see it is no reason to stop. */
export async function planOf(api: CloudflareApi, { id }: Account): Promise<string> {
  try {
    const subscriptions = await api.call<readonly Subscription[]>(`/accounts/${id}/subscriptions`, {
      what: "tell the plan",
    });
    const isPaid = subscriptions.some(({ rate_plan }) => rate_plan?.id?.includes("workers_paid"));
    return isPaid ? PAID : FREE;
  } catch (error) {
    if (!(error instanceof CloudflareError)) throw error;
    return `unknown, as the login may not see it. ${FREE}`;
  }
}

interface Subscription {
  readonly rate_plan?: { readonly id?: string };
}

const PAID = "Workers Paid";
const FREE =
  "Workers Free: 100,000 requests a day, 10 ms of CPU time each (uploads of more than some 3 MB need more), 100,000 rows written a day, 5 GB in all indexes.";
