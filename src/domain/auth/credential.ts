import type { S3Error } from "../../protocol/errors.ts";

/** The Credential of a SigV4 signature, without what is always the same. */
export interface Credential {
  readonly accessKeyId: string;
  /** `20261123` */
  readonly date: string;
  readonly region: string;
  /** `20261123/us-east-1/s3/aws4_request` */
  readonly scope: string;
}

/**
 * Reads `AKID/20261123/us-east-1/s3/aws4_request`.
 *
 * @param malformed makes the error of what is wrong, which a header and a query tell differently
 */
export function parseCredential(text: string, malformed: (reason: string) => S3Error): Credential {
  // An access key that somebody chose for a server of their own may have slashes.
  const parts = text.split("/");
  const [date, region, service, terminator] = parts.slice(-4);
  const accessKeyId = parts.slice(0, -4).join("/");
  if (
    date === undefined ||
    region === undefined ||
    service === undefined ||
    terminator === undefined ||
    accessKeyId === ""
  )
    throw malformed(
      'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    );
  if (!/^\d{8}$/.test(date))
    throw malformed(
      `incorrect date format "${date}". This date in the credential must be in the format "yyyyMMdd".`,
    );
  if (service !== "s3")
    throw malformed(`incorrect service "${service}". This endpoint belongs to "s3".`);
  if (terminator !== "aws4_request")
    throw malformed(`incorrect terminal "${terminator}". This endpoint uses "aws4_request".`);
  return { accessKeyId, date, region, scope: `${date}/${region}/s3/aws4_request` };
}
