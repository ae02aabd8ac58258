/** Finds out how a request is signed, and by whom it claims to be. Nothing is verified here. */
import { readAuthorization } from './authorization-header.ts'
import { decodeQueryText, headerValue, splitQuery } from './encoding.ts'
import { readPresigned, readPresignedV2 } from './presigned.ts'
import { invalidArgument, isS3Dialect } from './refusals.ts'
import type { CredentialsRead, Dialect, SignedRequest } from './types.ts'

/** Query parameters that belong to signatures: version 4's names in lower case, version 2's in AWS's spelling. */
export type SignatureParameters = ReadonlyMap<string, string>

const SIGNATURE_PARAMETERS: ReadonlySet<string> = new Set([
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-signedheaders',
  'x-amz-signature',
  'x-amz-security-token',
  'x-amz-region-set',
])

/** Version 2 knows its parameters in this spelling only; `?expires=` of a public object is none of them. */
const V2_PARAMETERS: ReadonlySet<string> = new Set(['AWSAccessKeyId', 'Signature', 'Expires'])

const ONE_MECHANISM =
  'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified'

/**
 * Reads the credentials of a header or a query. Form fields are read by `readPostCredentials`.
 * Version 2 in the Authorization header is returned, not refused: answer `mechanismUnsupported()` unless it is asked for.
 */
export function readCredentials(request: SignedRequest, dialect: Dialect): CredentialsRead {
  const authorization = headerValue(request.headers, 'authorization')
  const parameters = signatureParameters(request.rawQuery)
  const presigned = ['x-amz-algorithm', 'x-amz-signature', 'x-amz-credential'].some((name) => parameters.has(name))
  const presignedV2 = isS3Dialect(dialect) && (parameters.has('Signature') || parameters.has('AWSAccessKeyId'))
  if (authorization !== undefined && authorization !== '') {
    if (isS3Dialect(dialect) && (presigned || presignedV2)) {
      return invalidArgument(ONE_MECHANISM, 'Authorization', authorization, 'AUTH.MALFORMED')
    }
    return readAuthorization(request, authorization, dialect)
  }
  if (presigned) return readPresigned(parameters, dialect)
  return presignedV2 ? readPresignedV2(parameters) : { ok: true, kind: 'none' }
}

function signatureParameters(rawQuery: string): SignatureParameters {
  const found = new Map<string, string>()
  for (const [rawName, value] of splitQuery(rawQuery)) {
    const name = decodeQueryText(rawName)
    const key = V2_PARAMETERS.has(name) ? name : name.toLowerCase()
    const known = V2_PARAMETERS.has(key) || SIGNATURE_PARAMETERS.has(key)
    if (known && !found.has(key)) found.set(key, decodeQueryText(value))
  }
  return found
}
