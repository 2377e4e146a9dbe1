import { type ErrorDetail, S3Error } from "../../protocol/errors.ts";

const S3_ALONE: readonly Service[] = ["s3"];

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

/** An API that requests are signed for. */
export type Service = "iam" | "kms" | "s3" | "sts";

/** The Credential of a SigV4 signature, without what is always the same. */
export interface Credential extends SignedRegion {
  readonly accessKeyId: string;
  readonly service: Service;
  /** `20261123` */
  readonly date: string;
  /** `20261123/us-east-1/s3/aws4_request` */
  readonly scope: string;
}

/**
 * Reads `AKID/20261123/us-east-1/s3/aws4_request`.
 *
 * @param services that the request can be for
 * @throws S3Error AuthorizationHeaderMalformed, AuthorizationQueryParametersError, InvalidArgument (in a form)
 */
export function parseCredential(
  text: string,
  place: Place,
  services: readonly Service[] = S3_ALONE,
): Credential {
  // An access key that somebody chose for a server of their own may have slashes.
  const parts = text.split("/");
  const [date, region, serviceName, terminator] = parts.slice(-4);
  const accessKeyId = parts.slice(0, -4).join("/");
  if (
    date === undefined ||
    region === undefined ||
    serviceName === undefined ||
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
  const service = services.find((each) => each === serviceName);
  if (service === undefined) {
    const belongs = services.map((each) => `"${each}"`).join(", ");
    throw malformed(
      place,
      `incorrect service "${serviceName}". This endpoint belongs to ${belongs}.`,
    );
  }
  if (terminator !== "aws4_request")
    throw malformed(
      place,
      `incorrect terminal "${terminator}". This endpoint uses "aws4_request".`,
    );
  const scope = `${date}/${region}/${service}/aws4_request`;
  return { accessKeyId, date, region, service, place, scope };
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
