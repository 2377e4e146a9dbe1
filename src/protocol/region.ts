/** The oldest LocationConstraint, from before regions had names. */
export const EUROPE = { locationConstraint: "EU", region: "eu-west-1" } as const;

/**
 * The region of a bucket that was made with this LocationConstraint.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
 */
export function regionOf(locationConstraint: string): string {
  return locationConstraint === EUROPE.locationConstraint ? EUROPE.region : locationConstraint;
}
