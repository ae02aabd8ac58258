/**
 * A self-signed certificate around a key, for the metadata of the lab's identity provider. SAML only takes the key out of it;
 * who would trust it for TLS is nobody. X.509 version 3 without extensions (RFC 5280, section 4.1), in DER (X.690).
 */
import { sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

const TAG = {
  integer: 0x02,
  bitString: 0x03,
  objectId: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
  version: 0xa0,
} as const
/** sha256WithRSAEncryption, with its NULL: 1.2.840.113549.1.1.11. */
const SHA256_RSA = Buffer.from('300d06092a864886f70d01010b0500', 'hex')
/** id-at-commonName: 2.5.4.3. */
const COMMON_NAME = Buffer.from('0603550403', 'hex')

export interface CertificateFacts {
  readonly commonName: string
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
  /** 16 random bytes. */
  readonly serial: Uint8Array
  readonly notBefore: Date
  readonly notAfter: Date
}

/** @returns the certificate in DER; both dates must be before 2050 */
export function selfSigned(facts: CertificateFacts): Buffer {
  const name = tlv(
    TAG.sequence,
    tlv(TAG.set, tlv(TAG.sequence, COMMON_NAME, tlv(TAG.utf8, Buffer.from(facts.commonName)))),
  )
  // The first bit stays clear and the byte is not zero, so the number is positive and in shortest form.
  const serial = Buffer.from(facts.serial)
  serial.writeUInt8((serial.readUInt8(0) & 0x3f) | 0x40, 0)
  const body = tlv(
    TAG.sequence,
    tlv(TAG.version, tlv(TAG.integer, Buffer.of(2))),
    tlv(TAG.integer, serial),
    SHA256_RSA,
    name,
    tlv(TAG.sequence, utcTime(facts.notBefore), utcTime(facts.notAfter)),
    name,
    facts.publicKey.export({ type: 'spki', format: 'der' }),
  )
  const signature = sign('sha256', body, facts.privateKey)
  return tlv(TAG.sequence, body, SHA256_RSA, tlv(TAG.bitString, Buffer.of(0), signature))
}

function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  if (content.length < 0x80) return Buffer.concat([Buffer.of(tag, content.length), content])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  const short = length.subarray(length.findIndex((byte) => byte !== 0))
  return Buffer.concat([Buffer.of(tag, 0x80 | short.length), short, content])
}

const utcTime = (date: Date): Buffer =>
  tlv(TAG.utcTime, Buffer.from(`${date.toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`))

/** DER as people paste it. */
export const pemOf = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${(der.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END CERTIFICATE-----\n`
