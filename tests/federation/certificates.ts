/** X.509 certificates made by hand (RFC 5280): Node can read them but not make them. */
import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

export interface CertificateSetting {
  readonly subject: string
  readonly key: KeyObject
  /** Who signs; the certificate itself when absent. */
  readonly issuer?: { readonly subject: string; readonly key: KeyObject }
  readonly authority?: boolean
  /** Host names and IPv4 addresses. */
  readonly names?: readonly string[]
  /** Days from now; negative for one that has ended. */
  readonly days?: number
}

const DAY = 24 * 3600_000

/** DER of a certificate. */
export function certificate(setting: CertificateSetting): Buffer {
  const { subject, key, issuer = { subject, key }, authority = false, names = [], days = 30 } = setting
  const now = Date.now()
  const publicKey = createPublicKey(key.type === 'private' ? key : createPrivateKey(key.export() as Buffer))
  const extensions = [
    extension('551d13', sequence(authority ? Buffer.from([1, 1, 255]) : Buffer.alloc(0)), true),
    ...(names.length === 0 ? [] : [extension('551d11', sequence(...names.map(alternativeName)), false)]),
  ]
  const algorithm = sequence(oid('2a864886f70d01010b'), Buffer.from([5, 0]))
  const body = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.from(String(now + Math.floor(Math.random() * 1e9)).replace(/\D/g, ''), 'latin1')),
    algorithm,
    name(issuer.subject),
    sequence(time(now - 60 * DAY), time(now + days * DAY)),
    name(subject),
    publicKey.export({ format: 'der', type: 'spki' }),
    tagged(0xa3, sequence(...extensions)),
  )
  const signature = sign('sha256', body, issuer.key)
  return sequence(body, algorithm, tagged(3, Buffer.concat([Buffer.alloc(1), signature])))
}

export const pem = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`

function tagged(tag: number, body: Buffer): Buffer {
  const { length } = body
  if (length < 128) return Buffer.concat([Buffer.from([tag, length]), body])
  const bytes = length < 256 ? [length] : [length >> 8, length & 255]
  return Buffer.concat([Buffer.from([tag, 128 + bytes.length, ...bytes]), body])
}

const sequence = (...parts: readonly Buffer[]): Buffer => tagged(0x30, Buffer.concat(parts))
const integer = (bytes: Buffer): Buffer => tagged(2, bytes)
const oid = (hex: string): Buffer => tagged(6, Buffer.from(hex, 'hex'))
const name = (text: string): Buffer => sequence(tagged(0x31, sequence(oid('550403'), tagged(0x0c, Buffer.from(text)))))
const time = (at: number): Buffer =>
  tagged(0x18, Buffer.from(`${new Date(at).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`))
const extension = (id: string, value: Buffer, critical: boolean): Buffer =>
  sequence(oid(id), ...(critical ? [Buffer.from([1, 1, 255])] : []), tagged(4, value))
const alternativeName = (text: string): Buffer =>
  /^[\d.]+$/.test(text) ? tagged(0x87, Buffer.from(text.split('.').map(Number))) : tagged(0x82, Buffer.from(text))
