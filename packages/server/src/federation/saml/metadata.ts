/** Metadata of an identity provider: which entities it describes, and with which keys each of them signs. */
import { X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { NS, attributeOf, childrenOf, everyElement, readXml, textOf } from './tree.ts'
import type { XmlElement } from './tree.ts'

export interface SigningCertificate {
  readonly key: KeyObject
  /** SHA-256 over the certificate, in hexadecimal: how people name it. */
  readonly fingerprint: string
  readonly subject: string
  /** Shown to the operator; a certificate's own dates never count at AWS. */
  readonly validTo: string
}

/** Entity id → its signing certificates, several during a rollover. */
export type SamlMetadata = ReadonlyMap<string, readonly SigningCertificate[]>

export type ReadMetadata =
  | { readonly ok: true; readonly entities: SamlMetadata }
  | { readonly ok: false; readonly explanation: string }

/** @returns what is wrong with metadata that describes no identity provider with a signing certificate */
export function readMetadata(text: string): ReadMetadata {
  const parsed = readXml(text.trim())
  if (!parsed.ok) return parsed
  const described = parsed.root.uri === NS.metadata ? [...everyElement(parsed.root)].filter(isEntity) : []
  if (described.length === 0) return { ok: false, explanation: 'there is no md:EntityDescriptor' }
  const entities = new Map<string, SigningCertificate[]>()
  for (const entity of described) {
    const id = attributeOf(entity, 'entityID')
    if (id === undefined || id === '') return { ok: false, explanation: 'an md:EntityDescriptor has no entityID' }
    const read = certificatesOf(entity)
    if ('explanation' in read) return { ok: false, explanation: read.explanation }
    if (read.certificates.length > 0) entities.set(id, [...(entities.get(id) ?? []), ...read.certificates])
  }
  return entities.size === 0
    ? { ok: false, explanation: 'no md:IDPSSODescriptor has a certificate for signing' }
    : { ok: true, entities }
}

const isEntity = (element: XmlElement): boolean => element.uri === NS.metadata && element.local === 'EntityDescriptor'

type Certificates = { readonly certificates: readonly SigningCertificate[] } | { readonly explanation: string }

function certificatesOf(entity: XmlElement): Certificates {
  const certificates: SigningCertificate[] = []
  for (const role of childrenOf(entity, NS.metadata, 'IDPSSODescriptor'))
    for (const descriptor of childrenOf(role, NS.metadata, 'KeyDescriptor')) {
      // Without `use` a key is for both purposes. SAML 2.0 metadata, section 2.4.1.1.
      if ((attributeOf(descriptor, 'use') ?? 'signing') !== 'signing') continue
      for (const element of everyElement(descriptor))
        if (element.uri === NS.signature && element.local === 'X509Certificate') {
          const certificate = certificateOf(textOf(element))
          if (certificate === undefined) return { explanation: 'a certificate for signing cannot be read' }
          certificates.push(certificate)
        }
    }
  return { certificates }
}

function certificateOf(base64: string): SigningCertificate | undefined {
  try {
    const certificate = new X509Certificate(Buffer.from(base64.replace(/\s+/g, ''), 'base64'))
    return {
      key: certificate.publicKey,
      fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
      subject: certificate.subject.replaceAll('\n', ', '),
      validTo: certificate.validToDate.toISOString(),
    }
  } catch {
    return undefined
  }
}

const known = new WeakMap<object, SamlMetadata>()

/** Metadata of a row, read once: rows are the same object while they do not change. @throws Error for metadata that cannot be read */
export function metadataOf(row: { readonly metadata: string }): SamlMetadata {
  const before = known.get(row)
  if (before) return before
  const read = readMetadata(row.metadata)
  if (!read.ok) throw new Error(`stored SAML metadata cannot be read: ${read.explanation}`)
  known.set(row, read.entities)
  return read.entities
}
