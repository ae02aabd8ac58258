/**
 * The share of the packed size that a web identity takes by itself. AWS shows 24 for the shortest subject, 25 for thirteen
 * characters, 34 for three hundred, 26 with a source identity of twelve: one part in thirty of the characters over a fixed
 * part. Recordings native/oidc/subject and native/oidc/tags.
 */
const FIXED = 24.45
const CHARACTERS_PER_PERCENT = 30
/** A source identity costs its characters and so many more. */
const SOURCE_IDENTITY_CHARACTERS = 8

/** Percent of the budget, a whole number. */
export function identityShare(subject: string, sourceIdentity: string | undefined): number {
  const source = sourceIdentity === undefined ? 0 : sourceIdentity.length + SOURCE_IDENTITY_CHARACTERS
  return Math.round(FIXED + (subject.length + source) / CHARACTERS_PER_PERCENT)
}
