/** Signatures of browser forms (POST to a bucket): the policy is what is signed. See "POST Object" (S3 API reference). */
import { hmacHex, sameText, signingKey } from './hash.ts'
import { CREDENTIAL_FORM, splitRegions } from './authorization-header.ts'
import { invalidArgument, queryMalformed, signatureMismatch } from './refusals.ts'
import { readScope } from './scope.ts'
import { parseBasicDate } from './time.ts'
import { ECDSA_ALGORITHM, HMAC_ALGORITHM } from './types.ts'
import type { Checked, Credentials, CredentialsRead, Refusal, SigningKey } from './types.ts'
import { hmacSha1 } from './v2.ts'
import { fitsV4a, publicKeyV4a } from './v4a.ts'

/** The form's fields up to the file, in order; names as sent. They compare without regard to case. */
export type FormFields = readonly (readonly [name: string, value: string])[]

/** The first value of a field. @param name in lower case */
export const fieldValue = (fields: FormFields, name: string): string | undefined =>
  fields.find(([raw]) => raw.toLowerCase() === name)?.[1]

const V4_FIELDS = ['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Date', 'X-Amz-Signature', 'policy']
const V2_FIELDS = ['AWSAccessKeyId', 'signature', 'policy']

/** Reads the credentials of a form. A form with a policy and no signature is anonymous. */
export function readPostCredentials(fields: FormFields): CredentialsRead {
  const value = (name: string): string | undefined => fieldValue(fields, name.toLowerCase())
  const some = (names: readonly string[]): boolean =>
    names.some((name) => name !== 'policy' && value(name) !== undefined)
  const v4 = some(V4_FIELDS)
  if (!v4 && !some(V2_FIELDS)) return { ok: true, kind: 'none' }
  const missing = (v4 ? V4_FIELDS : V2_FIELDS).find((name) => value(name) === undefined)
  if (missing !== undefined) return fieldMissing(missing)
  const token = value('x-amz-security-token')
  const session = token === undefined ? {} : { sessionToken: token }
  if (v4) return readV4(value, session)
  const [accessKeyId, signature] = [value('AWSAccessKeyId') ?? '', value('signature') ?? '']
  return {
    ok: true,
    kind: 'signed',
    credentials: { version: 'v2', form: 'post', algorithm: 'AWS', accessKeyId, signature, ...session },
  }
}

const fieldMissing = (name: string): Refusal =>
  invalidArgument(
    `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`,
    name,
    '',
    'AUTH.MALFORMED',
  )

function readV4(
  value: (name: string) => string | undefined,
  session: { readonly sessionToken?: string },
): CredentialsRead {
  const algorithm = value('X-Amz-Algorithm') ?? ''
  if (algorithm !== HMAC_ALGORITHM && algorithm !== ECDSA_ALGORITHM) {
    return queryMalformed('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"')
  }
  const scope = readScope(value('X-Amz-Credential') ?? '', algorithm)
  if (!scope) return queryMalformed(`Error parsing the X-Amz-Credential parameter; ${CREDENTIAL_FORM}`)
  const dateText = value('X-Amz-Date') ?? ''
  const time = parseBasicDate(dateText)
  if (time === undefined) {
    return queryMalformed(`X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`)
  }
  return {
    ok: true,
    kind: 'signed',
    credentials: {
      version: algorithm === ECDSA_ALGORITHM ? 'v4a' : 'v4',
      form: 'post',
      algorithm,
      ...scope,
      regionSet: splitRegions(value('X-Amz-Region-Set')),
      signedHeaders: [],
      signature: value('X-Amz-Signature') ?? '',
      dateText,
      timestamp: dateText,
      time,
      ...session,
    },
  }
}

/**
 * Verifies the signature over the policy's base64 text. Ask it before `checkPostPolicy`.
 * @param input.key the secret access key; for version 4 a signing key of the credentials' scope will do
 */
export function verifyPost(input: {
  readonly fields: FormFields
  readonly credentials: Credentials
  readonly key: string | SigningKey
}): Checked {
  const { credentials } = input
  const policy = fieldValue(input.fields, 'policy') ?? ''
  if (fits(credentials, input.key, policy)) return { ok: true }
  const { accessKeyId, signature } = credentials
  return signatureMismatch(true, { accessKeyId, stringToSign: policy, signatureProvided: signature })
}

function fits(credentials: Credentials, key: string | SigningKey, policy: string): boolean {
  const { accessKeyId, signature } = credentials
  if (credentials.version === 'v4') {
    const { date, region, service } = credentials
    const derived = typeof key === 'string' ? signingKey(key, date, region, service) : key
    return sameText(hmacHex(derived, policy), signature)
  }
  if (typeof key !== 'string') throw new TypeError(`${credentials.version} needs the secret access key`)
  if (credentials.version === 'v2') return sameText(hmacSha1(key, policy), signature)
  return fitsV4a(publicKeyV4a(key, accessKeyId), policy, signature)
}
