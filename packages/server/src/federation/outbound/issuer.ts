/** The account as an issuer: its keys are made once, the private halves sealed in the store, and sign what STS says of callers. */
import { exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose'
import type { CryptoKey, JWK } from 'jose'
import type { Vault } from '../../credentials/vault.ts'
import type { AccountId } from '../../domain/brands.ts'
import { uuid } from '../../domain/chance.ts'
import type { Chance } from '../../domain/chance.ts'
import { outboundKeySealOwner } from '../../entities/outbound.ts'
import type { OutboundAlgorithm, OutboundIssuer, OutboundKey } from '../../entities/outbound.ts'

/** Key ids as AWS names them. Recorded 2026, native/outbound/token. */
const KIDS: Readonly<Record<OutboundAlgorithm, string>> = { RS256: 'RSA_0', ES384: 'EC384_0' }

interface Parts {
  readonly vault: Vault
  readonly chance: Chance
}

/** A new issuer with a key for each algorithm, switched on. */
export async function newOutboundIssuer(account: AccountId, parts: Parts): Promise<OutboundIssuer> {
  const id = uuid(parts.chance)
  const owner = { account, id }
  return {
    id,
    enabled: true,
    keys: [await newKey('RS256', owner, parts.vault), await newKey('ES384', owner, parts.vault)],
  }
}

async function newKey(
  algorithm: OutboundAlgorithm,
  owner: { readonly account: AccountId; readonly id: string },
  vault: Vault,
): Promise<OutboundKey> {
  const kid = KIDS[algorithm]
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true })
  const secret = JSON.stringify(await exportJWK(privateKey))
  return {
    kid,
    algorithm,
    publicJwk: textMembers(await exportJWK(publicKey)),
    sealedPrivateJwk: vault.seal(secret, outboundKeySealOwner(owner.account, owner.id, kid)),
  }
}

const textMembers = (jwk: JWK): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(jwk).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))

/** Opened keys: rows are frozen and stay the same object while they do not change. */
const opened = new WeakMap<OutboundKey, Promise<CryptoKey | Uint8Array>>()

/** Signs claims as they are. @throws Error when the issuer has no key for the algorithm, or the vault cannot open it */
export async function signOutbound(
  claims: Readonly<Record<string, unknown>>,
  algorithm: OutboundAlgorithm,
  by: { readonly account: AccountId; readonly issuer: OutboundIssuer },
  vault: Vault,
): Promise<string> {
  const key = by.issuer.keys.find((candidate) => candidate.algorithm === algorithm)
  if (key === undefined) throw new Error(`the outbound issuer ${by.issuer.id} has no key for ${algorithm}`)
  let secret = opened.get(key)
  if (secret === undefined) opened.set(key, (secret = openKey(key, by, vault)))
  return new SignJWT(claims).setProtectedHeader({ kid: key.kid, typ: 'JWT', alg: algorithm }).sign(await secret)
}

async function openKey(
  key: OutboundKey,
  { account, issuer }: { readonly account: AccountId; readonly issuer: OutboundIssuer },
  vault: Vault,
): Promise<CryptoKey | Uint8Array> {
  const text = vault.open(key.sealedPrivateJwk, outboundKeySealOwner(account, issuer.id, key.kid))
  return importJWK(JSON.parse(text) as JWK, key.algorithm)
}
