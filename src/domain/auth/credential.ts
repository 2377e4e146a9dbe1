import { type ErrorDetail, S3Error } from "../../protocol/errors.ts";

/** Where a credential stands, and what AWS answers when it is wrong there. */
const PLACES = {
  header: {
    code: "AuthorizationHeaderMalformed",
    message: "The authorization header is malformed",
  },
  query: {
    code: "AuthorizationQueryParametersError",
    message: "Error parsing the X-Amz-Credential parameter",
  },
  form: {
    code: "InvalidArgument",
    message: "Error parsing the X-Amz-Credential field",
  },
} as const;

type Place = keyof typeof PLACES;

/** The region that a request is signed for, and where it says so. */
export interface SignedRegion {
  readonly region: string;
  readonly place: Place;
}

/** The Credential of a SigV4 signature, without what is always the same. */
export interface Credential extends SignedRegion {
  readonly accessKeyId: string;
  /** `20261123` */
  readonly date: string;
  /** `20261123/us-east-1/s3/aws4_request` */
  readonly scope: string;
}

/**
 * Reads `AKID/20261123/us-east-1/s3/aws4_request`.
 *
 * @throws S3Error AuthorizationHeaderMalformed, AuthorizationQueryParametersError, InvalidArgument (in a form)
 */
export function parseCredential(text: string, place: Place): Credential {
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
      place,
      'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    );
  if (!/^\d{8}$/.test(date))
    throw malformed(
      place,
      `incorrect date format "${date}". This date in the credential must be in the format "yyyyMMdd".`,
    );
  if (service !== "s3")
    throw malformed(place, `incorrect service "${service}". This endpoint belongs to "s3".`);
  if (terminator !== "aws4_request")
    throw malformed(
      place,
      `incorrect terminal "${terminator}". This endpoint uses "aws4_request".`,
    );
  return { accessKeyId, date, region, place, scope: `${date}/${region}/s3/aws4_request` };
}

/**
 * That the region is another than it has to be. SDKs correct themselves by the one that this names. Of a URL, AWS has
 * been seen to answer so in https://github.com/ai-dock/comfyui/issues/34.
 */
export function wrongRegion({ region, place }: SignedRegion, expected: string): S3Error {
  return malformed(place, `the region '${region}' is wrong; expecting '${expected}'`, {
    fields: { Region: expected },
    headers: { "x-amz-bucket-region": expected },
  });
}

/** That what belongs to the credential is wrong, in AWS's words. */
export function malformed(place: Place, reason: string, details: ErrorDetail = {}): S3Error {
  const { code, message } = PLACES[place];
  return new S3Error(code, { message: `${message}; ${reason}`, ...details });
}
