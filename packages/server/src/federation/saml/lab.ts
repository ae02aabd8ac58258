/**
 * The lab's SAML identity provider: a key made once, metadata, and signed responses. It has the entity id that the seed gives,
 * so production trust policies and metadata names are tested as they are. Off unless a seed asks for it.
 */
import { createPrivateKey, generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import type { Vault } from '../../credentials/vault.ts'
import type { AccountId, Instant } from '../../domain/brands.ts'
import type { Chance } from '../../domain/chance.ts'
import { labSamlSealOwner } from '../../entities/saml.ts'
import type { LabSamlIdp, LabSamlUser } from '../../entities/saml.ts'
import { pemOf, selfSigned } from './certificate.ts'
import { AWS_ATTRIBUTE, idpMetadata, mintedResponse } from './mint.ts'
import type { ResponseFacts } from './mint.ts'

export interface LabParts {
  readonly vault: Vault
  readonly chance: Chance
}

/** The entity id of a lab provider for which the seed gives none. */
export const labEntityId = (providerName: string): string =>
  `https://${providerName.toLowerCase()}.lab.understudy.example/saml`

const CERTIFICATE_YEARS = 10

export async function newLabIdp(
  wanted: {
    readonly account: AccountId
    readonly providerName: string
    readonly entityId: string
    readonly now: Instant
  },
  { vault, chance }: LabParts,
): Promise<LabSamlIdp> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const notAfter = new Date(wanted.now)
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + CERTIFICATE_YEARS)
  const certificate = selfSigned({
    commonName: `understudy lab ${wanted.providerName}`.slice(0, 64),
    publicKey,
    privateKey,
    serial: chance.bytes(16),
    notBefore: new Date(wanted.now),
    notAfter,
  })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return {
    providerName: wanted.providerName,
    entityId: wanted.entityId,
    certificate: certificate.toString('base64'),
    sealedPem: vault.seal(pem, labSamlSealOwner(wanted.account, wanted.entityId)),
  }
}

/** @param signIn address of the sign-in page; the document that an account keeps has none that is real, for ports change */
export const labMetadata = (row: LabSamlIdp, signIn?: string): string =>
  idpMetadata(row.entityId, [row.certificate], signIn)

/** What a minted response says; everything but the role has a default. */
export interface MintRequest {
  /** Values of the attribute Role: `<role ARN>,<provider ARN>`. */
  readonly roleValues: readonly string[]
  readonly subject: string
  readonly sessionName: string
  readonly format?: string
  readonly recipient?: string
  readonly audience?: string
  readonly furtherAudience?: string
  readonly inResponseTo?: string
  readonly destination?: string
  /** Life of the assertion; may be negative, for one that has ended. */
  readonly validSeconds?: number
  /** Attribute SessionDuration. */
  readonly sessionDuration?: number
  /** SessionNotOnOrAfter, so many seconds from now. */
  readonly sessionSeconds?: number
  readonly sourceIdentity?: string
  readonly tags: ReadonlyMap<string, string>
  readonly transitiveTagKeys: readonly string[]
  /** By their whole names; an AWS attribute given here takes the place of the usual one. */
  readonly attributes: ReadonlyMap<string, readonly string[]>
}

/** All attributes of the assertion, by their whole names. */
export function mintedAttributes(request: MintRequest): ReadonlyMap<string, readonly string[]> {
  const { roleValues, sessionName, tags, transitiveTagKeys, sourceIdentity, sessionDuration } = request
  const aws: readonly (readonly [string, readonly string[]])[] = [
    ...(roleValues.length === 0 ? [] : [['Role', roleValues] as const]),
    ['RoleSessionName', [sessionName]],
    ...(sessionDuration === undefined ? [] : [['SessionDuration', [String(sessionDuration)]] as const]),
    ...[...tags].map(([name, value]) => [`PrincipalTag:${name}`, [value]] as const),
    ...(transitiveTagKeys.length === 0 ? [] : [['TransitiveTagKeys', transitiveTagKeys] as const]),
    ...(sourceIdentity === undefined ? [] : [['SourceIdentity', [sourceIdentity]] as const]),
  ]
  const named = aws.map(([name, values]) => [AWS_ATTRIBUTE + name, values] as const)
  return new Map([...named, ...request.attributes])
}

/** @returns base64, as AssumeRoleWithSAML takes it */
export function mintAssertion(
  row: LabSamlIdp,
  request: MintRequest,
  at: LabParts & { readonly account: AccountId; readonly now: Instant },
): string {
  const key = createPrivateKey(at.vault.open(row.sealedPem, labSamlSealOwner(at.account, row.entityId)))
  const facts: ResponseFacts = {
    ...request,
    issuer: row.entityId,
    now: at.now,
    ids: [newId(at.chance), newId(at.chance)],
    attributes: mintedAttributes(request),
  }
  return mintedResponse(facts, { key, certificatePem: pemOf(Buffer.from(row.certificate, 'base64')) })
}

const newId = (chance: Chance): string => `_${chance.bytes(16).toString('hex')}`

/** What the provider says of a user. */
export function mintRequestOf({ userName, roleValues, says }: LabSamlUser): MintRequest {
  const { subject = userName, sessionName = subject, tags, transitiveTagKeys, attributes, ...others } = says
  return {
    ...others,
    roleValues,
    subject,
    sessionName,
    tags: new Map(Object.entries(tags ?? {})),
    transitiveTagKeys: transitiveTagKeys ?? [],
    attributes: new Map(Object.entries(attributes ?? {})),
  }
}
