/** Verifies version 4 signatures (HMAC). See "Verifying" in the README for the order of checks. */
import { canonicalParts, canonicalRequest, isS3, stringToSign } from './canonical.ts'
import type { CanonicalParts } from './canonical.ts'
import { hmacHex, sameText, signingKey } from './hash.ts'
import { explainMismatch } from './hint.ts'
import { signatureMismatch } from './refusals.ts'
import type { SigningKey, Verified, VerifyV4Input } from './types.ts'

/**
 * Verifies the signature of a head (the body's hash is part of it, the body is not read). Scope, time, signed headers
 * and payload hash have checks of their own. On success the seed is what chunk signatures continue from.
 */
export function verifyV4(input: VerifyV4Input): Verified {
  const { request, credentials } = input
  const service = input.service ?? credentials.service
  const key = keyOf(input)
  const parts = canonicalParts({ request, credentials, payloadHash: input.payloadHash, service })
  const fitting = firstFitting(input, key, candidates(parts, request.rawPath, isS3(service)))
  if (fitting !== undefined) {
    const { signature, timestamp, scope, accessKeyId } = credentials
    return { ok: true, seed: { signature, timestamp, scope, key, accessKeyId, canonicalRequest: fitting } }
  }
  const canonical = canonicalRequest(parts)
  const toSign = stringToSign(credentials, canonical)
  const echo = {
    accessKeyId: credentials.accessKeyId,
    canonicalRequest: canonical,
    stringToSign: toSign,
    signatureProvided: credentials.signature,
  }
  const hint = input.explain === false ? { tried: [] } : explainMismatch(input, parts, key)
  return { ...signatureMismatch(isS3(service), echo), ...echo, hint }
}

function keyOf({ key, credentials }: VerifyV4Input): SigningKey {
  if (typeof key !== 'string') return key
  return signingKey(key, credentials.date, credentials.region, credentials.service)
}

/** S3 takes the path as re-encoded, or else as received: some clients sign what they send. */
function candidates(parts: CanonicalParts, rawPath: string, s3: boolean): readonly CanonicalParts[] {
  return s3 && rawPath !== '' && rawPath !== parts.path ? [parts, { ...parts, path: rawPath }] : [parts]
}

function firstFitting(input: VerifyV4Input, key: SigningKey, all: readonly CanonicalParts[]): string | undefined {
  for (const parts of all) {
    const canonical = canonicalRequest(parts)
    const computed = hmacHex(key, stringToSign(input.credentials, canonical))
    if (sameText(computed, input.credentials.signature)) return canonical
  }
  return undefined
}
