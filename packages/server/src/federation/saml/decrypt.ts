/**
 * Opens an encrypted assertion with the provider's private keys. XML Encryption 1.1: AES-CBC and AES-GCM with keys of 128 and
 * 256 bits, under RSA-OAEP with one hash for both of its parts.
 */
import { constants, createDecipheriv, createPrivateKey, privateDecrypt } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { NS, attributeOf, childrenOf, everyElement, readXml, textOf } from './tree.ts'
import type { XmlElement } from './tree.ts'

export type Decrypted =
  | { readonly ok: true; readonly assertion: XmlElement }
  | { readonly ok: false; readonly explanation: string }

const CIPHERS: ReadonlyMap<string, { readonly name: 'cbc' | 'gcm'; readonly bytes: 16 | 32 }> = new Map([
  ['http://www.w3.org/2001/04/xmlenc#aes128-cbc', { name: 'cbc', bytes: 16 }],
  ['http://www.w3.org/2001/04/xmlenc#aes256-cbc', { name: 'cbc', bytes: 32 }],
  ['http://www.w3.org/2009/xmlenc11#aes128-gcm', { name: 'gcm', bytes: 16 }],
  ['http://www.w3.org/2009/xmlenc11#aes256-gcm', { name: 'gcm', bytes: 32 }],
])
const SHA1 = 'http://www.w3.org/2000/09/xmldsig#sha1'
const HASHES: ReadonlyMap<string, string> = new Map([
  [SHA1, 'sha1'],
  ['http://www.w3.org/2001/04/xmlenc#sha256', 'sha256'],
])
const MASKS: ReadonlyMap<string, string> = new Map([
  ['http://www.w3.org/2009/xmlenc11#mgf1sha1', 'sha1'],
  ['http://www.w3.org/2009/xmlenc11#mgf1sha256', 'sha256'],
])
const OAEP_MGF1P = 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p'
const OAEP = 'http://www.w3.org/2009/xmlenc11#rsa-oaep'

/** @param keys newest first, in PEM: the old one still opens what was encrypted before a rollover */
export function decryptAssertion(encrypted: XmlElement, keys: readonly string[]): Decrypted {
  const [data] = childrenOf(encrypted, NS.encryption, 'EncryptedData')
  if (data === undefined) return failed('EncryptedAssertion holds no EncryptedData')
  const wrapped = [...everyElement(encrypted)].filter(
    (element) => element.uri === NS.encryption && element.local === 'EncryptedKey',
  )
  const [encryptedKey] = wrapped
  if (encryptedKey === undefined || wrapped.length > 1) return failed('there is not exactly one EncryptedKey')
  const method = methodOf(data)
  const cipher = CIPHERS.get(method)
  if (cipher === undefined) return failed(`the encryption method \`${method}\` is not taken`)
  const hash = oaepHash(encryptedKey)
  if (hash === undefined)
    return failed(`the key transport \`${methodOf(encryptedKey)}\` is not taken with these hashes`)
  if (keys.length === 0) return failed('the provider has no private key')
  for (const pem of keys) {
    const secret = unwrapped(cipherBytes(encryptedKey), createPrivateKey(pem), hash)
    if (secret?.length !== cipher.bytes) continue
    const text = opened(cipher.name, secret, cipherBytes(data))
    if (text !== undefined) return parsed(text, encrypted)
  }
  return failed('no private key of the provider opens it')
}

const failed = (explanation: string): Decrypted => ({ ok: false, explanation })

const methodOf = (element: XmlElement): string => {
  const [method] = childrenOf(element, NS.encryption, 'EncryptionMethod')
  return (method && attributeOf(method, 'Algorithm')) ?? ''
}

/** The hash of OAEP, when its mask function uses the same one: OpenSSL's interface in Node knows no other. */
function oaepHash(encryptedKey: XmlElement): string | undefined {
  const [method] = childrenOf(encryptedKey, NS.encryption, 'EncryptionMethod')
  const algorithm = methodOf(encryptedKey)
  if (method === undefined || (algorithm !== OAEP_MGF1P && algorithm !== OAEP)) return undefined
  const parts = [...everyElement(method)]
  const algorithmOf = (local: string): string | undefined => {
    const part = parts.find((element) => element.local === local)
    return part && attributeOf(part, 'Algorithm')
  }
  const hash = HASHES.get(algorithmOf('DigestMethod') ?? SHA1)
  const mask = algorithm === OAEP_MGF1P ? 'sha1' : (MASKS.get(algorithmOf('MGF') ?? '') ?? 'sha1')
  return hash === mask ? hash : undefined
}

function cipherBytes(element: XmlElement): Buffer {
  const [data] = childrenOf(element, NS.encryption, 'CipherData')
  const [value] = data ? childrenOf(data, NS.encryption, 'CipherValue') : []
  return Buffer.from(value ? textOf(value).replace(/\s+/g, '') : '', 'base64')
}

function unwrapped(bytes: Buffer, key: KeyObject, oaepHash: string): Buffer | undefined {
  try {
    return privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, bytes)
  } catch {
    return undefined
  }
}

const TAG_BYTES = 16

function opened(mode: 'cbc' | 'gcm', secret: Buffer, bytes: Buffer): string | undefined {
  const size = secret.length * 8
  try {
    if (mode === 'gcm') {
      const decipher = createDecipheriv(size === 128 ? 'aes-128-gcm' : 'aes-256-gcm', secret, bytes.subarray(0, 12), {
        authTagLength: TAG_BYTES,
      })
      decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES))
      const body = bytes.subarray(12, bytes.length - TAG_BYTES)
      return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8')
    }
    const decipher = createDecipheriv(`aes-${size}-cbc`, secret, bytes.subarray(0, 16)).setAutoPadding(false)
    const plain = Buffer.concat([decipher.update(bytes.subarray(16)), decipher.final()])
    // XML Encryption, section 5.2: only the last byte of the padding says something.
    const padding = plain.at(-1) ?? 0
    if (padding < 1 || padding > 16) return undefined
    return plain.subarray(0, plain.length - padding).toString('utf8')
  } catch {
    return undefined
  }
}

/** A fragment may use prefixes of what stood around it. */
function parsed(text: string, around: XmlElement): Decrypted {
  const alone = readXml(text)
  if (alone.ok) return { ok: true, assertion: alone.root }
  const declarations = Object.entries(around.namespaces)
    .filter(([prefix]) => prefix !== '' && prefix !== 'xml' && prefix !== 'xmlns')
    .map(([prefix, uri]) => `xmlns:${prefix}="${uri.replace(/[&<"]/g, '')}"`)
  const inside = readXml(`<around ${declarations.join(' ')}>${text}</around>`)
  const children = inside.ok
    ? inside.root.children.filter((child) => typeof child !== 'string' || child.trim() !== '')
    : []
  const [assertion] = children
  if (children.length !== 1 || assertion === undefined || typeof assertion === 'string')
    return failed('what was encrypted is no element')
  return { ok: true, assertion }
}
