/**
 * Authentication of one request: reads what was signed, finds the caller, verifies. The order is STS's: credential scope,
 * token and key, expiry, issuer alive, time, signature. Every refusal carries its diagnosis for the operator.
 */
import {
  basicDate,
  checkScope,
  checkSignedHeaders,
  checkTime,
  mechanismUnsupported,
  missingToken,
  readCredentials,
  signingKey,
  verifyV2,
  verifyV4,
  withoutTokens,
} from '@understudy/wire'
import type {
  ChunkSeed,
  Credentials,
  Dialect,
  Refusal,
  SignedRequest,
  SigningKey,
  V2Credentials,
  V4Credentials,
} from '@understudy/wire'
import type { Instant } from '../domain/brands.ts'
import type { Reader } from '../store/port.ts'
import type { SignedCaller } from './caller.ts'
import { identify } from './identify.ts'
import type { IdentifyParts } from './identify.ts'
import { keyRefusal } from './key-refusals.ts'

export interface AuthenticationInput {
  readonly request: SignedRequest
  readonly dialect: Dialect
  /** Region that the host names; absent on bare addresses, where the signing scope names it. */
  readonly hostRegion?: string | undefined
  /** Wire time in milliseconds. */
  readonly wireNow: number
  readonly sessionNow: Instant
  /** What the signature covers of the body; asked once the credentials are read. */
  readonly payloadHash: (
    credentials: V4Credentials,
  ) => { readonly ok: true; readonly value: string; readonly bodyHash?: string } | Refusal
  /** Bucket of a virtual-hosted name: part of the resource that version 2 signs. */
  readonly virtualBucket?: string | undefined
}

/** A refusal with facts for the operator: our canonical request, the string to sign, the difference that explains it. */
export type AuthenticationRefusal = Omit<Refusal, 'diagnosis'> & {
  readonly diagnosis: string
  readonly explanation?: string
  readonly details?: Readonly<Record<string, unknown>>
}

export type Authenticated =
  | { readonly ok: true; readonly kind: 'anonymous' }
  | {
      readonly ok: true
      readonly kind: 'signed'
      readonly caller: SignedCaller
      readonly credentials: Credentials
      /** What chunk signatures continue from; version 4 alone. */
      readonly seed?: ChunkSeed
    }
  | {
      readonly ok: false
      readonly refusal: AuthenticationRefusal
      readonly accessKeyId?: string
      /** Whose key it is that the request named; nothing proves that the request is his. */
      readonly claimed?: SignedCaller
    }

export async function authenticate(
  input: AuthenticationInput,
  reader: Reader,
  parts: IdentifyParts,
): Promise<Authenticated> {
  const read = readCredentials(input.request, input.dialect)
  if (!read.ok) return { ok: false, refusal: read }
  if (read.kind === 'none')
    return input.dialect === 's3' ? { ok: true, kind: 'anonymous' } : { ok: false, refusal: missingToken() }
  const { credentials } = read
  const { accessKeyId } = credentials
  const refused = (refusal: AuthenticationRefusal): Authenticated => ({ ok: false, refusal, accessKeyId })
  if (credentials.version === 'v2' && credentials.form === 'header') return refused(mechanismUnsupported())
  if (credentials.version !== 'v2') {
    const scope = checkScope({ credentials, dialect: input.dialect, service: input.dialect, region: input.hostRegion })
    if (!scope.ok) return refused(scope)
  }
  const identified = await identify({ ...credentials, now: input.sessionNow }, reader, parts)
  if (!identified.ok) return refused(keyRefusal(identified, credentials, input.dialect))
  const { caller } = identified
  const disproved = (refusal: AuthenticationRefusal): Authenticated => ({
    ok: false,
    refusal,
    accessKeyId,
    claimed: caller,
  })
  const time = checkTime({ credentials, dialect: input.dialect, now: input.wireNow })
  const late = time.ok ? undefined : { ...time, explanation: clockWords(credentials, input.wireNow) }
  if (late && input.dialect !== 's3') return disproved(late)
  const verified =
    credentials.version === 'v2'
      ? verifyOld(credentials, identified.secret, input)
      : verify(credentials, { secret: identified.secret, anchor: identified.anchor }, input)
  if (!verified.ok) return disproved(verified)
  // S3 tells a signature that has run out from one that never fitted.
  if (late) return disproved(late)
  return { ok: true, kind: 'signed', caller, credentials, ...('seed' in verified ? { seed: verified.seed } : {}) }
}

interface Key {
  readonly secret: string
  readonly anchor: object
}

function verify(credentials: V4Credentials, key: Key, input: AuthenticationInput) {
  const payload = input.payloadHash(credentials)
  if (!payload.ok) return payload
  const verified = verifyV4({
    request: input.request,
    credentials,
    key: cachedSigningKey(credentials, key),
    payloadHash: payload.value,
    service: input.dialect,
    secretAccessKey: key.secret,
    ...(payload.bodyHash === undefined ? {} : { bodyHash: payload.bodyHash }),
  })
  if (!verified.ok) return withDetails(verified)
  const headers = checkSignedHeaders({ request: input.request, credentials, dialect: input.dialect })
  return headers.ok ? verified : headers
}

function verifyOld(credentials: V2Credentials, secretAccessKey: string, input: AuthenticationInput) {
  const verified = verifyV2({
    request: input.request,
    credentials,
    secretAccessKey,
    hostBucket: input.virtualBucket,
  })
  if (verified.ok) return verified
  const { stringToSign } = verified
  return {
    ...verified,
    details: { stringToSign: withoutTokens(stringToSign), signatureProvided: credentials.signature },
  }
}

function withDetails(mismatch: Extract<ReturnType<typeof verifyV4>, { ok: false }>): AuthenticationRefusal {
  const { canonicalRequest, stringToSign, signatureProvided, hint } = mismatch
  return {
    ...mismatch,
    explanation: hint.explains
      ? hint.explains.text
      : 'No change of the request that we tried makes the signature fit: most likely another secret access key was used.',
    details: {
      // The journal holds no tokens, and a canonical request does.
      canonicalRequest: withoutTokens(canonicalRequest),
      stringToSign,
      signatureProvided,
      tried: hint.tried,
      ...(hint.explains ? { explains: hint.explains.name } : {}),
    },
  }
}

const SCOPES_MAX = 32
const keysOf = new WeakMap<object, Map<string, SigningKey>>()

/** Deriving a signing key costs as much as the rest of the verification: it is kept for the day, with its row or session. */
function cachedSigningKey(credentials: V4Credentials, key: Key): SigningKey | string {
  if (credentials.version === 'v4a') return key.secret
  const known = keysOf.get(key.anchor) ?? new Map<string, SigningKey>()
  keysOf.set(key.anchor, known)
  const scope = `${credentials.date}/${credentials.region}/${credentials.service}`
  const found = known.get(scope)
  if (found) return found
  if (known.size >= SCOPES_MAX) known.clear()
  const made = signingKey(key.secret, credentials.date, credentials.region, credentials.service)
  known.set(scope, made)
  return made
}

const clockWords = (credentials: Credentials, now: number): string =>
  credentials.version === 'v2'
    ? `Our time is ${basicDate(now)}.`
    : `The request was signed at ${basicDate(credentials.time)}, our time is ${basicDate(now)}.`
