/** Signatures in the query: version 4 and 4A for all services, version 2 for S3. */
import { CREDENTIAL_FORM, credentialNotFive, splitRegions } from './authorization-header.ts'
import type { SignatureParameters } from './credentials.ts'
import { incompleteSignature, queryMalformed, refuse } from './refusals.ts'
import { readScope } from './scope.ts'
import { dateNotBasic, parseBasicDate } from './time.ts'
import { ECDSA_ALGORITHM, HMAC_ALGORITHM } from './types.ts'
import type { CredentialsRead, Dialect, Refusal, V2Credentials, V4Credentials } from './types.ts'

/** A presigned S3 URL lives for a week at most. */
const EXPIRES_SECONDS_MAX = 604_800

/** Names in AWS's spelling, in the order in which STS and IAM name what is missing. */
const REQUIRED = ['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders', 'X-Amz-Date']

/** Reads a presigned version 4 or 4A query. `X-Amz-Expires` matters to S3 alone. */
export function readPresigned(parameters: SignatureParameters, dialect: Dialect): CredentialsRead {
  const s3 = dialect === 's3'
  const value = (name: string): string => parameters.get(name.toLowerCase()) ?? ''
  const missing = REQUIRED.filter((name) => value(name) === '')
  if (missing.length > 0 || (s3 && value('X-Amz-Expires') === '')) return parametersMissing(s3, missing)
  const algorithm = value('X-Amz-Algorithm')
  if (algorithm !== HMAC_ALGORITHM && algorithm !== ECDSA_ALGORITHM) return algorithmUnknown(s3, algorithm)
  const scope = readScope(value('X-Amz-Credential'), algorithm)
  if (!scope) {
    if (!s3) return credentialNotFive(value('X-Amz-Credential'))
    return queryMalformed(`Error parsing the X-Amz-Credential parameter; ${CREDENTIAL_FORM}`)
  }
  const dateText = value('X-Amz-Date')
  const time = parseBasicDate(dateText)
  if (time === undefined) {
    const long = `X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`
    return s3 ? queryMalformed(long) : dateNotBasic(dateText)
  }
  const expires = s3 ? readExpires(value('X-Amz-Expires')) : { ok: true as const }
  if (!expires.ok) return expires
  const sessionToken = parameters.get('x-amz-security-token')
  const credentials: V4Credentials = {
    version: algorithm === ECDSA_ALGORITHM ? 'v4a' : 'v4',
    form: 'query',
    algorithm,
    ...scope,
    regionSet: splitRegions(parameters.get('x-amz-region-set')),
    signedHeaders: value('X-Amz-SignedHeaders').split(';'),
    signature: value('X-Amz-Signature'),
    dateText,
    timestamp: dateText,
    time,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...('seconds' in expires ? { expiresSeconds: expires.seconds } : {}),
  }
  return { ok: true, kind: 'signed', credentials }
}

function parametersMissing(s3: boolean, missing: readonly string[]): Refusal {
  if (s3) {
    return queryMalformed(
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
    )
  }
  const sentences = missing.map((name) => `AWS query-string parameters must include '${name}'.`)
  return incompleteSignature([...sentences, 'Re-examine the query-string parameters.'].join(' '))
}

function algorithmUnknown(s3: boolean, algorithm: string): Refusal {
  if (s3) return queryMalformed('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"')
  return incompleteSignature(`Unsupported AWS 'algorithm': '${algorithm}'.`)
}

function readExpires(text: string): { readonly ok: true; readonly seconds: number } | Refusal {
  if (!/^-?\d+$/.test(text)) return queryMalformed('X-Amz-Expires should be a number')
  const seconds = Number(text)
  if (seconds < 0) return queryMalformed('X-Amz-Expires must be non-negative')
  if (seconds > EXPIRES_SECONDS_MAX) {
    return queryMalformed(
      'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds',
    )
  }
  return { ok: true, seconds }
}

/** Reads a version 2 query of S3. */
export function readPresignedV2(parameters: SignatureParameters): CredentialsRead {
  const [accessKeyId, signature, expires] = ['AWSAccessKeyId', 'Signature', 'Expires'].map(
    (name) => parameters.get(name) ?? '',
  ) as [string, string, string]
  if (accessKeyId === '' || signature === '' || expires === '') {
    const message = 'Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters'
    return refuse('AccessDenied', 403, message, { diagnosis: 'AUTH.MALFORMED' })
  }
  // Twelve digits are the year 33658; more would leave the range of dates that can be shown.
  if (!/^\d{1,12}$/.test(expires)) {
    const message = `Invalid date (should be seconds since epoch): ${expires}`
    return refuse('AccessDenied', 403, message, { diagnosis: 'AUTH.MALFORMED' })
  }
  const sessionToken = parameters.get('x-amz-security-token')
  const credentials: V2Credentials = {
    version: 'v2',
    form: 'query',
    algorithm: 'AWS',
    accessKeyId,
    signature,
    expires: Number(expires),
    ...(sessionToken === undefined ? {} : { sessionToken }),
  }
  return { ok: true, kind: 'signed', credentials }
}
