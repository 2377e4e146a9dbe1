import type { Settings } from "../env.ts";

type WebsiteSettings = Pick<Settings, "websiteHostSuffix" | "websiteDomains">;

/** What AWS's suffixes begin with; a region may follow, behind a hyphen or a dot. */
const AWS_LABEL = "s3-website";
const REGION = /^[-.][a-z0-9-]+$/;

/** The bucket whose website a host is; undefined: it is none's. @param host may have a port */
export function websiteBucketOf(
  host: string | null,
  { websiteHostSuffix: suffix, websiteDomains }: WebsiteSettings,
): string | undefined {
  if (host === null || (suffix === undefined && websiteDomains.size === 0)) return undefined;
  const name = host.replace(/:\d{0,5}$/, "").toLowerCase();
  if (websiteDomains.has(name)) return name;
  if (suffix === undefined) return undefined;
  if (name.endsWith(`.${suffix}`)) return name.slice(0, -suffix.length - 1);
  return suffix.startsWith(`${AWS_LABEL}.`) ? bucketOfRegion(name, suffix) : undefined;
}

/** `bucket.s3-website-eu-west-1.example.com` and `bucket.s3-website.eu-west-1.example.com`. */
function bucketOfRegion(name: string, suffix: string): string | undefined {
  const domain = suffix.slice(AWS_LABEL.length);
  if (!name.endsWith(domain)) return undefined;
  const rest = name.slice(0, -domain.length);
  const labelAt = rest.lastIndexOf(`.${AWS_LABEL}`);
  if (labelAt < 1) return undefined;
  return REGION.test(rest.slice(labelAt + 1 + AWS_LABEL.length))
    ? rest.slice(0, labelAt)
    : undefined;
}
