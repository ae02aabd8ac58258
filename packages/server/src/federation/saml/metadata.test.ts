import assert from 'node:assert/strict'
import { X509Certificate, generateKeyPairSync } from 'node:crypto'
import test from 'node:test'
import { pemOf, selfSigned } from './certificate.ts'
import { readMetadata } from './metadata.ts'
import { idpMetadata } from './mint.ts'

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const der = selfSigned({
  commonName: 'idp – test',
  publicKey,
  privateKey,
  serial: Buffer.alloc(16, 0xff),
  notBefore: new Date('2026-01-02T03:04:05Z'),
  notAfter: new Date('2036-01-02T03:04:05Z'),
})
const certificate = der.toString('base64')
const good = idpMetadata('https://idp.example', [certificate])

test('a certificate of ours is one for everybody', () => {
  const read = new X509Certificate(pemOf(der))
  assert.equal(read.subject, 'CN=idp – test')
  assert.equal(read.validToDate.toISOString(), '2036-01-02T03:04:05.000Z')
  assert.equal(read.serialNumber, `7F${'FF'.repeat(15)}`)
  assert.ok(read.verify(publicKey))
})

test('an entity with its keys', () => {
  const read = readMetadata(good)
  assert.ok(read.ok)
  assert.deepEqual([...read.entities.keys()], ['https://idp.example'])
  assert.ok(read.entities.get('https://idp.example')?.[0]?.key.equals(publicKey))
})

const usable: readonly (readonly [name: string, text: string, keys: number])[] = [
  ['blanks inside a certificate', good.replace(certificate, certificate.replace(/(.{64})/g, '$1\n')), 1],
  ['a key without a use', good.replace(' use="signing"', ''), 1],
  ['two keys', idpMetadata('https://idp.example', [certificate, certificate]), 2],
]
for (const [name, text, keys] of usable)
  test(`taken: ${name}`, () => {
    const read = readMetadata(text)
    assert.ok(read.ok)
    assert.equal(read.entities.get('https://idp.example')?.length, keys)
  })

const refused: readonly (readonly [name: string, text: string, want: RegExp])[] = [
  ['another document', '<a/>', /no md:EntityDescriptor/],
  ['no XML', 'metadata', /./],
  ['a document type', `<!DOCTYPE x>${good.replace(/^<\?xml[^>]*\?>/, '')}`, /document type/],
  ['no entity id', good.replace('entityID="https://idp.example"', ''), /no entityID/],
  ['only a key for encryption', good.replace('use="signing"', 'use="encryption"'), /certificate for signing/],
  ['a certificate that is none', good.replace(certificate, 'AAAA'), /cannot be read/],
  ['a service provider', good.replaceAll('IDPSSODescriptor', 'SPSSODescriptor'), /certificate for signing/],
]
for (const [name, text, want] of refused)
  test(`refused: ${name}`, () => {
    const read = readMetadata(text)
    assert.ok(!read.ok)
    assert.match(read.explanation, want)
  })
