/**
 * Opens an encrypted assertion with the provider's private keys. XML Encryption 1.1: AES-CBC and AES-GCM with keys of 128 and
 * 256 bits, under RSA-OAEP with SHA-1 or SHA-256.
 */
import { createDecipheriv, createPrivateKey } from 'node:crypto'
import { openOaep } from './oaep.ts'
import type { OaepHashes } from './oaep.ts'
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
const HASHES: ReadonlyMap<string, 'sha1' | 'sha256'> = new Map([
  [SHA1, 'sha1'],
  ['http://www.w3.org/2001/04/xmlenc#sha256', 'sha256'],
])
const MASKS: ReadonlyMap<string, 'sha1' | 'sha256'> = new Map([
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
  const hashes = oaepHashes(encryptedKey)
  if (hashes === undefined)
    return failed(`the key transport \`${methodOf(encryptedKey)}\` is not taken with these hashes`)
  if (keys.length === 0) return failed('the provider has no private key')
  for (const pem of keys) {
    const secret = openOaep(cipherBytes(encryptedKey), createPrivateKey(pem), hashes)
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

/** The hashes of OAEP and of its mask function; `undefined` for another key transport. */
function oaepHashes(encryptedKey: XmlElement): OaepHashes | undefined {
  const [method] = childrenOf(encryptedKey, NS.encryption, 'EncryptionMethod')
  const algorithm = methodOf(encryptedKey)
  if (method === undefined || (algorithm !== OAEP_MGF1P && algorithm !== OAEP)) return undefined
  const parts = [...everyElement(method)]
  const algorithmOf = (local: string): string | undefined => {
    const part = parts.find((element) => element.local === local)
    return part && attributeOf(part, 'Algorithm')
  }
  const hash = HASHES.get(algorithmOf('DigestMethod') ?? SHA1)
  // The older name fixes the mask function; the newer one has it by default.
  const named = algorithmOf('MGF')
  const mask = algorithm === OAEP_MGF1P || named === undefined ? 'sha1' : MASKS.get(named)
  return hash === undefined || mask === undefined ? undefined : { hash, mask }
}

function cipherBytes(element: XmlElement): Buffer {
  const [data] = childrenOf(element, NS.encryption, 'CipherData')
  const [value] = data ? childrenOf(data, NS.encryption, 'CipherValue') : []
  return Buffer.from(value ? textOf(value).replace(/\s+/g, '') : '', 'base64')
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
