/** An identity provider for tests: a key, its metadata, and responses that may be bent before or after signing. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { instant } from '../../packages/server/src/domain/brands.ts'
import { pemOf, selfSigned } from '../../packages/server/src/federation/saml/certificate.ts'
import { AWS_ATTRIBUTE, idpMetadata, unsignedResponse } from '../../packages/server/src/federation/saml/mint.ts'
import type { ResponseFacts, Signer } from '../../packages/server/src/federation/saml/mint.ts'
import { signEnveloped } from '../../packages/server/src/federation/saml/signature.ts'

export const ISSUER = 'https://idp.example.test'

export interface TestIdp extends Signer {
  /** Base64 of DER, as metadata holds it. */
  readonly certificate: string
  readonly metadata: string
}

/** The certificate ended an hour ago: its dates never count. */
export function testIdp(entityId = ISSUER): TestIdp {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const der = selfSigned({
    commonName: 'idp.example.test',
    publicKey,
    privateKey,
    serial: randomBytes(16),
    notBefore: new Date(Date.now() - 7_200_000),
    notAfter: new Date(Date.now() - 3_600_000),
  })
  const certificate = der.toString('base64')
  return { key: privateKey, certificatePem: pemOf(der), certificate, metadata: idpMetadata(entityId, [certificate]) }
}

export interface Bend {
  readonly facts?: Partial<ResponseFacts>
  /** AWS attributes without their prefix, over the usual ones; `undefined` takes one away. */
  readonly attributes?: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Other attributes by their whole name. */
  readonly others?: Readonly<Record<string, readonly string[]>>
  /** Changes the document before it is signed. */
  readonly before?: (xml: string) => string
  /** Changes the finished document. */
  readonly after?: (xml: string) => string
  readonly sign?: readonly ('assertion' | 'response')[]
}

export const ids = ['_response', '_assertion'] as const

/** The base of the recordings: see the head of native-sts.json, area saml. */
export function responseXml(idp: Signer, pair: readonly [role: string, provider: string], bend: Bend = {}): string {
  const named = { Role: pair.join(','), RoleSessionName: 'saml-session', ...bend.attributes }
  const attributes = new Map<string, readonly string[]>(
    Object.entries(named)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [AWS_ATTRIBUTE + name, typeof value === 'string' ? [value] : (value ?? [])]),
  )
  for (const [name, values] of Object.entries(bend.others ?? {})) attributes.set(name, values)
  const plain = unsignedResponse({
    issuer: ISSUER,
    subject: 'subject-123',
    now: instant(Date.now()),
    ids,
    attributes,
    ...bend.facts,
  })
  let xml = bend.before?.(plain) ?? plain
  for (const target of bend.sign ?? ['assertion'])
    xml = signEnveloped(xml, target === 'assertion' ? ids[1] : ids[0], idp)
  return bend.after?.(xml) ?? xml
}

export const toBase64 = (xml: string): string => Buffer.from(xml).toString('base64')
