/**
 * Issuers that the lab plays: their keys are made once, the private halves kept sealed in the store. A lab issuer has the name
 * of the real one, so that trust policies are tested as they are; the server then takes that name's keys from here.
 */
import type { CryptoKey, JWK } from 'jose'
import type { Vault } from '../../credentials/vault.ts'
import type { Chance } from '../../domain/chance.ts'
import { labKeySealOwner } from '../../entities/federation.ts'
import type { LabIssuer, LabKey } from '../../entities/federation.ts'

/** Loaded when the lab first makes or uses a key: most servers never do. */
const jose = () => import('jose')

/** The real names of what the lab plays most. Kubernetes clusters have issuers of their own; this is a new cluster's. */
export const DEFAULT_ISSUERS: Readonly<Partial<Record<LabIssuer['kind'], string>>> = {
  github: 'https://token.actions.githubusercontent.com',
  kubernetes: 'https://kubernetes.default.svc.cluster.local',
}

/** A lab issuer with a key of its own. */
export async function newLabIssuer(
  wanted: Pick<LabIssuer, 'kind' | 'issuer'>,
  parts: { readonly vault: Vault; readonly chance: Chance },
): Promise<LabIssuer> {
  return { ...wanted, keys: [await newLabKey(wanted.issuer, parts)] }
}

async function newLabKey(
  issuer: string,
  { vault, chance }: { readonly vault: Vault; readonly chance: Chance },
): Promise<LabKey> {
  const { exportJWK, generateKeyPair } = await jose()
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
  const kid = `understudy-lab-${chance.bytes(6).toString('hex')}`
  return {
    kid,
    algorithm: 'RS256',
    publicJwk: textMembers(await exportJWK(publicKey)),
    sealedPrivateJwk: vault.seal(JSON.stringify(await exportJWK(privateKey)), labKeySealOwner(issuer, kid)),
  }
}

const textMembers = (jwk: JWK): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(jwk).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))

/** Opened keys: rows are frozen and stay the same object while they do not change. */
const opened = new WeakMap<LabKey, Promise<CryptoKey | Uint8Array>>()

/** Signs claims as they are with the issuer's first key. */
export async function signToken(
  row: LabIssuer,
  claims: Readonly<Record<string, unknown>>,
  vault: Vault,
): Promise<string> {
  const [key] = row.keys
  if (key === undefined) throw new Error(`the lab issuer ${row.issuer} has no key`)
  let secret = opened.get(key)
  if (secret === undefined) opened.set(key, (secret = openKey(row, key, vault)))
  const { SignJWT } = await jose()
  return new SignJWT(claims).setProtectedHeader({ alg: key.algorithm, kid: key.kid, typ: 'JWT' }).sign(await secret)
}

async function openKey(row: LabIssuer, key: LabKey, vault: Vault): Promise<CryptoKey | Uint8Array> {
  const jwk = JSON.parse(vault.open(key.sealedPrivateJwk, labKeySealOwner(row.issuer, key.kid))) as JWK
  return (await jose()).importJWK(jwk, key.algorithm)
}
