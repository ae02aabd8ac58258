/** The Authorization header of versions 4, 4A and (S3) 2, with the errors of a header that cannot be read. */
import { headerValue } from './encoding.ts'
import { sha256Base64 } from './hash.ts'
import { headerMalformed, incompleteSignature, invalidArgument, mechanismUnsupported, refuse } from './refusals.ts'
import { readScope } from './scope.ts'
import { basicDate, dateNotBasic, isBasicDate, parseHeaderDate } from './time.ts'
import { ECDSA_ALGORITHM, HMAC_ALGORITHM } from './types.ts'
import type { CredentialsRead, Dialect, Refusal, SignedRequest, V4Credentials } from './types.ts'

/** Reads a header that is not empty. */
export function readAuthorization(request: SignedRequest, text: string, dialect: Dialect): CredentialsRead {
  return dialect === 's3' ? readForS3(request, text) : readForQueryService(request, text)
}

type Parts = ReadonlyMap<string, string>

/** `Credential=…, SignedHeaders=…, Signature=…`; commas and blanks part them. Undefined when a part has no `=`. */
function readParts(text: string): Parts | undefined {
  const parts = new Map<string, string>()
  for (const piece of text.split(/[, \t]+/)) {
    if (piece === '') continue
    const at = piece.indexOf('=')
    if (at < 1) return undefined
    parts.set(piece.slice(0, at), piece.slice(at + 1))
  }
  return parts
}

function splitScheme(text: string): { readonly scheme: string; readonly rest: string } {
  const at = text.search(/[ \t]/)
  return at < 0 ? { scheme: text, rest: '' } : { scheme: text.slice(0, at), rest: text.slice(at + 1) }
}

function asAlgorithm(scheme: string): V4Credentials['algorithm'] | undefined {
  return scheme === HMAC_ALGORITHM || scheme === ECDSA_ALGORITHM ? scheme : undefined
}

const given = (parts: Parts | undefined, name: string): string => parts?.get(name) ?? ''

function readForQueryService(request: SignedRequest, text: string): CredentialsRead {
  const { scheme, rest } = splitScheme(text)
  const algorithm = asAlgorithm(scheme)
  if (!algorithm && scheme.startsWith('AWS')) {
    return incompleteSignature(`Unsupported AWS 'algorithm': '${scheme}'.`)
  }
  const parts = readParts(rest)
  if (!parts || (!algorithm && !rest.includes('='))) {
    const about = 'Invalid key=value pair (missing equal-sign) in Authorization header'
    return incompleteSignature(`${about} (hashed with SHA-256 and encoded with Base64): '${sha256Base64(text)}'.`)
  }
  const date = findDate(request)
  const missing = ['Credential', 'Signature', 'SignedHeaders']
    .filter((name) => given(parts, name) === '')
    .map((name) => `Authorization header requires '${name}' parameter.`)
  if (date === undefined) {
    missing.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
  }
  if (missing.length > 0 || date === undefined || !algorithm) {
    const echo = `(Hashed with SHA-256 and encoded with Base64) Authorization=${sha256Base64(text)}`
    return incompleteSignature([...missing, echo].join(' '))
  }
  const time = parseHeaderDate(date)
  if (time === undefined) return dateNotBasic(date)
  const scope = readScope(given(parts, 'Credential'), algorithm)
  if (!scope) return credentialNotFive(given(parts, 'Credential'))
  return signed(request, { algorithm, parts, scope, date, time })
}

/** STS and IAM: the credential has another number of parts. */
export const credentialNotFive = (credential: string): Refusal =>
  incompleteSignature(
    `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential}'`,
  )

/** The text of a credential that cannot be taken apart, without its beginning. */
export const CREDENTIAL_FORM =
  'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'

function readForS3(request: SignedRequest, text: string): CredentialsRead {
  const { scheme, rest } = splitScheme(text)
  if (scheme === 'AWS') return readV2(request, rest)
  const algorithm = asAlgorithm(scheme)
  if (!algorithm) {
    if (scheme.startsWith('AWS4-')) return mechanismUnsupported()
    return invalidArgument('Unsupported Authorization Type', 'Authorization', text, 'AUTH.UNSUPPORTED')
  }
  const parts = readParts(rest)
  if (['Credential', 'SignedHeaders', 'Signature'].some((name) => given(parts, name) === '')) {
    return headerMalformed(
      'the authorization header requires three components: Credential, SignedHeaders, and Signature.',
    )
  }
  const scope = readScope(given(parts, 'Credential'), algorithm)
  if (!scope) return headerMalformed(CREDENTIAL_FORM)
  const date = findDate(request)
  const time = date === undefined ? undefined : parseHeaderDate(date)
  if (date === undefined || time === undefined) {
    return dateMissing()
  }
  return signed(request, { algorithm, parts: parts ?? new Map(), scope, date, time })
}

const dateMissing = (): Refusal =>
  refuse('AccessDenied', 403, 'AWS authentication requires a valid Date or x-amz-date header', {
    diagnosis: 'AUTH.MALFORMED',
  })

function findDate({ headers }: SignedRequest): string | undefined {
  return headerValue(headers, 'x-amz-date') ?? headerValue(headers, 'date')
}

function signed(
  { headers }: SignedRequest,
  found: {
    readonly algorithm: V4Credentials['algorithm']
    readonly parts: Parts
    readonly scope: NonNullable<ReturnType<typeof readScope>>
    readonly date: string
    readonly time: number
  },
): CredentialsRead {
  const sessionToken = headerValue(headers, 'x-amz-security-token')
  const regions = headerValue(headers, 'x-amz-region-set')
  const credentials: V4Credentials = {
    version: found.algorithm === ECDSA_ALGORITHM ? 'v4a' : 'v4',
    form: 'header',
    algorithm: found.algorithm,
    ...found.scope,
    regionSet: splitRegions(regions),
    signedHeaders: given(found.parts, 'SignedHeaders').split(';'),
    signature: given(found.parts, 'Signature'),
    dateText: found.date,
    timestamp: isBasicDate(found.date) ? found.date : basicDate(found.time),
    time: found.time,
    ...(sessionToken === undefined ? {} : { sessionToken }),
  }
  return { ok: true, kind: 'signed', credentials }
}

/** The entries of `X-Amz-Region-Set`. */
export const splitRegions = (text: string | undefined): readonly string[] =>
  text === undefined
    ? []
    : text
        .split(',')
        .map((region) => region.trim())
        .filter((region) => region !== '')

function readV2(request: SignedRequest, rest: string): CredentialsRead {
  const at = rest.lastIndexOf(':')
  if (at < 1 || at === rest.length - 1) {
    const message = 'AWS authorization header is invalid.  Expected AwsAccessKeyId:signature'
    return invalidArgument(message, 'Authorization', `AWS ${rest}`, 'AUTH.MALFORMED')
  }
  const text = findDate(request)
  const time = text === undefined ? undefined : parseHeaderDate(text)
  if (text === undefined || time === undefined) return dateMissing()
  const sessionToken = headerValue(request.headers, 'x-amz-security-token')
  return {
    ok: true,
    kind: 'signed',
    credentials: {
      version: 'v2',
      form: 'header',
      algorithm: 'AWS',
      accessKeyId: rest.slice(0, at).trim(),
      signature: rest.slice(at + 1).trim(),
      date: { text, time },
      ...(sessionToken === undefined ? {} : { sessionToken }),
    },
  }
}
