/** Verifies version 4 (HMAC) and 4A (ECDSA) signatures of a head. The README says in which order to ask the checks. */
import type { KeyObject } from 'node:crypto'
import { canonicalParts, canonicalRequest, isS3, stringToSign } from './canonical.ts'
import type { CanonicalParts } from './canonical.ts'
import { hmacHex, sameText, signingKey } from './hash.ts'
import { explainMismatch } from './hint.ts'
import { signatureMismatch } from './refusals.ts'
import type { ChunkSeed, MismatchHint, SigningKey, V4Credentials, Verified, VerifyV4Input } from './types.ts'
import { fitsV4a, publicKeyV4a } from './v4a.ts'

/**
 * Verifies the signature of a head (the body's hash is part of it, the body is not read). Scope, time, signed headers
 * and payload hash have checks of their own. Version 4A credentials go to `verifyV4a`. On success the seed is what chunk signatures continue from.
 */
export function verifyV4(input: VerifyV4Input): Verified {
  const { request, credentials } = input
  if (credentials.version === 'v4a') return verifyV4a({ ...input, key: secretOf(input) })
  const service = input.service ?? credentials.service
  const key = keyOf(input)
  const parts = canonicalParts({ request, credentials, payloadHash: input.payloadHash, service })
  const fits = (toSign: string, signature: string): boolean => sameText(hmacHex(key, toSign), signature)
  const fitting = firstFitting(credentials, fits, candidates(parts, request.rawPath, isS3(service)))
  if (fitting !== undefined) {
    return { ok: true, seed: chunkSeed(credentials, fitting, fits) }
  }
  const hint = input.explain === false ? { tried: [] } : explainMismatch(input, parts, key)
  return mismatch(credentials, parts, service, hint)
}

function mismatch(credentials: V4Credentials, parts: CanonicalParts, service: string, hint: MismatchHint): Verified {
  const canonical = canonicalRequest(parts)
  const echo = {
    accessKeyId: credentials.accessKeyId,
    canonicalRequest: canonical,
    stringToSign: stringToSign(credentials, canonical),
    signatureProvided: credentials.signature,
  }
  return { ...signatureMismatch(isS3(service), echo), ...echo, hint }
}

function secretOf({ key, secretAccessKey }: VerifyV4Input): string {
  const secret = typeof key === 'string' ? key : secretAccessKey
  if (secret === undefined) throw new TypeError('version 4A has no signing key: give the secret access key')
  return secret
}

function keyOf({ key, credentials }: VerifyV4Input): SigningKey {
  if (typeof key !== 'string') return key
  return signingKey(key, credentials.date, credentials.region, credentials.service)
}

/** S3 takes the path as re-encoded, or else as received: some clients sign what they send. */
function candidates(parts: CanonicalParts, rawPath: string, s3: boolean): readonly CanonicalParts[] {
  return s3 && rawPath !== '' && rawPath !== parts.path ? [parts, { ...parts, path: rawPath }] : [parts]
}

function firstFitting(
  credentials: V4Credentials,
  fits: ChunkSeed['fits'],
  all: readonly CanonicalParts[],
): string | undefined {
  for (const parts of all) {
    const canonical = canonicalRequest(parts)
    if (fits(stringToSign(credentials, canonical), credentials.signature)) return canonical
  }
  return undefined
}

function chunkSeed(credentials: V4Credentials, canonical: string, fits: ChunkSeed['fits']): ChunkSeed {
  const { algorithm, signature, timestamp, scope, accessKeyId } = credentials
  return { algorithm, signature, timestamp, scope, accessKeyId, canonicalRequest: canonical, fits }
}

/**
 * Verifies a version 4A signature. Everything but the arithmetic is as in version 4; the scope has no Region, and
 * `checkScope` compares `X-Amz-Region-Set`.
 * @param input.key the secret access key, or the public key made by `publicKeyV4a`
 */
export function verifyV4a(
  input: Omit<VerifyV4Input, 'key' | 'secretAccessKey'> & { readonly key: string | KeyObject },
): Verified {
  const { request, credentials, payloadHash, key } = input
  const service = input.service ?? credentials.service
  const publicKey = typeof key === 'string' ? publicKeyV4a(key, credentials.accessKeyId) : key
  const fits = (toSign: string, signature: string): boolean => fitsV4a(publicKey, toSign, signature)
  const parts = canonicalParts({ request, credentials, payloadHash, service })
  const fitting = firstFitting(credentials, fits, candidates(parts, request.rawPath, isS3(service)))
  if (fitting !== undefined) return { ok: true, seed: chunkSeed(credentials, fitting, fits) }
  return mismatch(credentials, parts, service, { tried: [] })
}
