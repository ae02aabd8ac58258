/** The signature of a token (RFC 7515), by `jose`. docs/decisions/0008-jose.md. */
import type { CryptoKey } from 'jose'
import type { VerificationKey } from './jwks.ts'
import { notValidated } from './refusals.ts'
import type { IdentityToken } from './token.ts'

/** Loaded with the first token: most servers never see one. */
const jose = () => import('jose')

/** Imported keys, as long as their set is in use. */
const imported = new WeakMap<VerificationKey, Map<string, Promise<CryptoKey | Uint8Array>>>()

/**
 * Verifies with this key and the algorithm of the token's header, which the caller has checked to be one of the six and to fit
 * the key's type: so no algorithm can be swapped for another.
 * @throws AwsError InvalidIdentityToken
 */
export async function verifySignature(token: IdentityToken, key: VerificationKey): Promise<void> {
  const { algorithm } = token
  let imports = imported.get(key)
  if (imports === undefined) imported.set(key, (imports = new Map()))
  let import_ = imports.get(algorithm)
  if (import_ === undefined) imports.set(algorithm, (import_ = importKey(key, algorithm)))
  const { compactVerify, errors } = await jose()
  try {
    await compactVerify(token.text, await import_, { algorithms: [algorithm] })
  } catch (error) {
    throw notValidated(
      error instanceof errors.JWSSignatureVerificationFailed
        ? {
            diagnosis: 'OIDC.SIGNATURE',
            explanation: `The signature was not made with the key \`${key.kid}\` of the issuer.`,
          }
        : {
            diagnosis: 'OIDC.KEY_UNUSABLE',
            explanation: `The key \`${key.kid}\` does not verify ${algorithm}: ${textOf(error)}.`,
          },
    )
  }
}

const importKey = async (key: VerificationKey, algorithm: string): Promise<CryptoKey | Uint8Array> =>
  (await jose()).importJWK(key.jwk, algorithm)

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
