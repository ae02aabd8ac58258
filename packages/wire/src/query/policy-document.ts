// Owns the percent-encoding of policy documents in IAM answers.

/** Leaves only unreserved characters bare: a space is `%20`, a line feed `%0A`, a star `%2A`. */
export const encodePolicyDocument = (document: string): string =>
  encodeURIComponent(document).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
