/*
 * What S3 allows at most, where more than one place has to know it.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 */

export const MAX_KEY_BYTES = 1024;

/** Of what one request brings, or copies into an upload. */
export const MAX_PART_BYTES = 5 * 1024 ** 3;

/** Of every part but the last. */
export const LEAST_PART_BYTES = 5 * 1024 ** 2;

/** Of one object; they are numbered from 1 to this. */
export const MAX_PARTS = 10_000;

/** Of one version. */
export const MAX_ANNOTATIONS = 1000;

/** Entries of one page, whatever the client asks for, and of one DeleteObjects. */
export const MAX_ENTRIES = 1000;

/** Buckets of one page. */
export const MAX_BUCKETS = 10_000;
