import { discardBody } from "../../lib/discard-body.ts";
import { urlEncode } from "../../lib/url-encoding.ts";
import { S3Error } from "../../protocol/errors.ts";
import type { WebsiteConfiguration } from "../../protocol/website/website-configuration.ts";
import {
  redirectByRule,
  redirectOfAll,
  redirectTo,
  type WebsiteRequest,
} from "../../protocol/website/website-redirects.ts";

/** Reads an object as the client asked, if it asked for that, or whole; `exists` asks for its headers only. @throws S3Error */
export type ReadPage = (key: string, how: "as asked" | "whole" | "exists") => Promise<Response>;

const REDIRECT_LOCATION = "x-amz-website-redirect-location";
/** What is told of the client's own conditions is not told by another page. */
const OF_CONDITIONS: ReadonlySet<number> = new Set([412, 416]);

/** The object cannot be told, and neither can the page that the website has for that. */
export class ErrorDocumentError extends S3Error {
  override readonly cause: S3Error;

  constructor(failure: S3Error, cause: S3Error) {
    super(failure.code, failure);
    this.cause = cause;
  }
}

/**
 * Answers `GET` and `HEAD` of a bucket's address for browsers: redirects, index documents, and error documents.
 *
 * @throws S3Error NoSuchKey, AccessDenied, and whatever else the object cannot be read for; ErrorDocumentError
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteHosting.html
 */
export async function serveWebsite(
  website: WebsiteConfiguration,
  request: WebsiteRequest,
  read: ReadPage,
): Promise<Response> {
  const redirect = redirectOfAll(website, request) ?? redirectByRule(website, request);
  if (redirect !== undefined) return redirect;
  const { key } = request;
  const suffix = website.IndexDocument?.Suffix ?? "";
  const isFolder = key === "" || key.endsWith("/");
  try {
    return await followed(await read(isFolder ? key + suffix : key, "as asked"));
  } catch (failure) {
    if (!(failure instanceof S3Error) || OF_CONDITIONS.has(failure.status)) throw failure;
    if (!isFolder && isMissing(failure) && (await exists(`${key}/${suffix}`, read)))
      return redirectTo(folderLocation(key), 302);
    const { status } = failure;
    return redirectByRule(website, request, status) ?? errorDocument(website, failure, read);
  }
}

/** Two slashes at its beginning would name another host. */
function folderLocation(key: string): string {
  return `/${urlEncode(key).replace(/^\//, "%2F")}/`;
}

/** To whoever may not list the bucket, what is missing is told as what may not be read. */
function isMissing({ status }: S3Error): boolean {
  return status === 404 || status === 403;
}

async function exists(key: string, read: ReadPage): Promise<boolean> {
  try {
    await read(key, "exists");
    return true;
  } catch (error) {
    if (error instanceof S3Error) return false;
    throw error;
  }
}

/** The error page, with the status of the error. */
async function errorDocument(
  { ErrorDocument: page }: WebsiteConfiguration,
  failure: S3Error,
  read: ReadPage,
): Promise<Response> {
  if (page === undefined || failure.status >= 500) throw failure;
  try {
    const found = await followed(await read(page.Key, "whole"));
    if (found.status !== 200) return found;
    const { body, headers } = found;
    // Its own Content-Encoding describes the bytes as they are stored.
    return new Response(body, { status: failure.status, headers, encodeBody: "manual" });
  } catch (cause) {
    if (cause instanceof S3Error) throw new ErrorDocumentError(failure, cause);
    throw cause;
  }
}

/** An object that says that it is elsewhere. */
async function followed(found: Response): Promise<Response> {
  const location = found.headers.get(REDIRECT_LOCATION);
  if (location === null) return found;
  await discardBody(found);
  return redirectTo(location, 301);
}
