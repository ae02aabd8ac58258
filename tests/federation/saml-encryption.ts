/** Encrypts the assertion of a response, as identity providers do: AES under RSA-OAEP. For tests. */
import { constants, createCipheriv, publicEncrypt, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

export interface Encryption {
  /** `aes128-cbc` when absent. */
  readonly cipher?: 'aes128-cbc' | 'aes256-cbc' | 'aes128-gcm' | 'aes256-gcm'
  /** Of OAEP and its mask function alike; `sha1` when absent. */
  readonly hash?: 'sha1' | 'sha256'
}

const ENC = 'http://www.w3.org/2001/04/xmlenc#'
const ENC11 = 'http://www.w3.org/2009/xmlenc11#'

export function encryptedResponse(
  xml: string,
  to: KeyObject,
  { cipher = 'aes128-cbc', hash = 'sha1' }: Encryption = {},
): string {
  const [assertion = ''] = /<saml:Assertion .*<\/saml:Assertion>/s.exec(xml) ?? []
  const alone = assertion.replace(
    '<saml:Assertion ',
    '<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ',
  )
  const secret = randomBytes(cipher.startsWith('aes128') ? 16 : 32)
  const key = publicEncrypt({ key: to, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash }, secret)
  const transport =
    hash === 'sha1'
      ? `<xenc:EncryptionMethod Algorithm="${ENC}rsa-oaep-mgf1p"><ds:DigestMethod Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"/></xenc:EncryptionMethod>`
      : `<xenc:EncryptionMethod Algorithm="${ENC11}rsa-oaep"><ds:DigestMethod Algorithm="${ENC}sha256"/><xenc11:MGF xmlns:xenc11="${ENC11}" Algorithm="${ENC11}mgf1sha256"/></xenc:EncryptionMethod>`
  const method = `${cipher.endsWith('gcm') ? ENC11 : ENC}${cipher}`
  return xml.replace(
    assertion,
    `<saml:EncryptedAssertion><xenc:EncryptedData xmlns:xenc="${ENC}" Type="${ENC}Element"><xenc:EncryptionMethod Algorithm="${method}"/>` +
      `<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><xenc:EncryptedKey>${transport}<xenc:CipherData><xenc:CipherValue>` +
      `${key.toString('base64')}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData><xenc:CipherValue>` +
      `${sealed(alone, secret, cipher).toString('base64')}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData></saml:EncryptedAssertion>`,
  )
}

function sealed(text: string, secret: Buffer, cipher: NonNullable<Encryption['cipher']>): Buffer {
  const size = secret.length * 8
  if (cipher.endsWith('cbc')) {
    const iv = randomBytes(16)
    const made = createCipheriv(`aes-${size}-cbc`, secret, iv)
    return Buffer.concat([iv, made.update(text, 'utf8'), made.final()])
  }
  const iv = randomBytes(12)
  const made = createCipheriv(size === 128 ? 'aes-128-gcm' : 'aes-256-gcm', secret, iv)
  return Buffer.concat([iv, made.update(text, 'utf8'), made.final(), made.getAuthTag()])
}
