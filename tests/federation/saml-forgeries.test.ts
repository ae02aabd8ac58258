/**
 * Forged SAML responses: each must be refused, strict or not. The rules: no document type, unique ids, one assertion as a direct
 * child, its own signature, nothing signed elsewhere, one reference to the element itself, two transforms, keys from the
 * metadata alone, claims from the signed bytes alone.
 */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { openVault } from '../../packages/server/src/credentials/vault.ts'
import { instant, knownAccountId } from '../../packages/server/src/domain/brands.ts'
import { seededChance } from '../../packages/server/src/domain/chance.ts'
import { samlKeySealOwner } from '../../packages/server/src/entities/saml.ts'
import type { SamlProvider } from '../../packages/server/src/entities/saml.ts'
import type { AwsError } from '../../packages/server/src/errors/aws-error.ts'
import { proveAssertion } from '../../packages/server/src/federation/saml/assertion.ts'
import { idpMetadata } from '../../packages/server/src/federation/saml/mint.ts'
import { encryptedResponse } from './saml-encryption.ts'
import { ISSUER, ids, responseXml, testIdp, toBase64 } from './saml-provider.ts'
import type { Bend } from './saml-provider.ts'

const ACCOUNT = knownAccountId('111122223333')
const PAIR = [`arn:aws:iam::${ACCOUNT}:role/saml`, `arn:aws:iam::${ACCOUNT}:saml-provider/idp`] as const
const vault = openVault(new Uint8Array(32), seededChance('saml'))
const idp = testIdp()
const stranger = testIdp()
const row: SamlProvider = {
  name: 'idp',
  uuid: 'SAMLSP0000000000000000',
  metadata: idp.metadata,
  createdAt: instant(0),
  encryption: 'Allowed',
  privateKeys: [],
  tags: [],
}

const prove = (xml: string, provider: SamlProvider = row) =>
  proveAssertion(toBase64(xml), { provider, account: ACCOUNT, vault, now: instant(Date.now()), requestId: 'r' })
const made = (bend?: Bend, by = idp) => responseXml(by, PAIR, bend)

/** Diagnosis of the refusal, or the subject that was believed. */
function verdict(xml: string, provider?: SamlProvider): string {
  try {
    return `believed ${prove(xml, provider).claims.subject}`
  } catch (error) {
    return (error as AwsError).options?.diagnosis ?? `fault: ${String(error)}`
  }
}

const good = made()
const assertionOf = (xml: string) => /<saml:Assertion .*<\/saml:Assertion>/s.exec(xml)?.[0] ?? ''
const signatureOf = (xml: string) => /<ds:Signature .*?<\/ds:Signature>/s.exec(xml)?.[0] ?? ''
const withoutSignature = (xml: string) => xml.replace(signatureOf(xml), '')
const evil = (xml: string, id = '_evil') =>
  withoutSignature(assertionOf(xml)).replace('subject-123', 'evil').replace(`"${ids[1]}"`, `"${id}"`)
const replaced = (xml: string, from: string | RegExp, to: string) => {
  const changed = xml.replace(from, to)
  assert.notEqual(changed, xml, 'the case changes nothing')
  return changed
}

const cases: readonly (readonly [name: string, xml: () => string, want: string])[] = [
  ['the genuine one', () => good, 'believed subject-123'],
  [
    'a comment in the name is read as the whole name',
    () => replaced(good, 'subject-123', 'subject<!-- x -->-123'),
    'believed subject-123',
  ],
  [
    'CDATA around the name is the same name',
    () => replaced(good, 'subject-123', '<![CDATA[subject-123]]>'),
    'believed subject-123',
  ],
  [
    'a comment in the digest',
    () => replaced(good, '<ds:DigestValue>', '<ds:DigestValue><!-- x -->'),
    'believed subject-123',
  ],
  ['a changed name', () => replaced(good, 'subject-123', 'admin'), 'SAML.SIGNATURE'],
  ['a changed attribute', () => replaced(good, 'role/saml', 'role/admin'), 'SAML.SIGNATURE'],
  ['no signature', () => withoutSignature(good), 'SAML.ASSERTION_NOT_SIGNED'],
  ['only the response signed', () => made({ sign: ['response'] }), 'SAML.ASSERTION_NOT_SIGNED'],
  ["another provider's key", () => made({}, stranger), 'SAML.SIGNATURE'],
  ['another issuer', () => made({ facts: { issuer: 'https://other.example.test' } }), 'SAML.ISSUER'],
  ['the issuer in another case', () => made({ facts: { issuer: ISSUER.toUpperCase() } }), 'SAML.ISSUER'],
  [
    'wrapping 1: a forged assertion before the genuine one',
    () => replaced(good, '<saml:Assertion ', `${evil(good)}<saml:Assertion `),
    'SAML.SHAPE',
  ],
  ['wrapping 2: behind it', () => replaced(good, '</samlp:Response>', `${evil(good)}</samlp:Response>`), 'SAML.SHAPE'],
  [
    'wrapping 3: the genuine one inside a forged one',
    () =>
      replaced(
        good,
        assertionOf(good),
        evil(good).replace('</saml:Assertion>', `${assertionOf(good)}</saml:Assertion>`),
      ),
    'SAML.SHAPE',
  ],
  [
    'wrapping 4: the genuine one in Extensions',
    () => replaced(good, assertionOf(good), `<samlp:Extensions>${assertionOf(good)}</samlp:Extensions>${evil(good)}`),
    'SAML.SHAPE',
  ],
  [
    'wrapping 5: the genuine one in an Object of the forged one’s signature',
    () =>
      replaced(
        good,
        assertionOf(good),
        evil(good).replace(
          '</saml:Issuer>',
          `</saml:Issuer>${signatureOf(good).replace('</ds:Signature>', `<ds:Object>${assertionOf(good)}</ds:Object></ds:Signature>`)}`,
        ),
      ),
    'SAML.SHAPE',
  ],
  [
    'wrapping 6: a forged one with the genuine one’s signature',
    () => replaced(good, assertionOf(good), evil(good).replace('</saml:Issuer>', `</saml:Issuer>${signatureOf(good)}`)),
    'SAML.SIGNATURE',
  ],
  [
    'wrapping 7: the same under the genuine id',
    () =>
      replaced(
        good,
        assertionOf(good),
        evil(good, ids[1]).replace('</saml:Issuer>', `</saml:Issuer>${signatureOf(good)}`),
      ),
    'SAML.SIGNATURE',
  ],
  [
    'wrapping 8: a forged response around the genuine one',
    () =>
      `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_outer">${evil(good)}${good}</samlp:Response>`,
    'SAML.SHAPE',
  ],
  [
    'the forged one parked inside the genuine signature',
    () => replaced(good, '</ds:SignatureValue>', `</ds:SignatureValue><ds:Object>${evil(good)}</ds:Object>`),
    'SAML.SHAPE',
  ],
  ['parked inside KeyInfo', () => replaced(good, '<ds:X509Data>', `<ds:X509Data>${evil(good)}`), 'SAML.SHAPE'],
  [
    'an Object in the signature',
    () => replaced(good, '</ds:SignatureValue>', '</ds:SignatureValue><ds:Object>x</ds:Object>'),
    'SAML.SIGNATURE',
  ],
  [
    'a decoy signature in the assertion',
    () => replaced(good, '<ds:Signature ', `${signatureOf(made({}, stranger))}<ds:Signature `),
    'SAML.SHAPE',
  ],
  ['a signature elsewhere', () => replaced(good, '<samlp:Status>', `<samlp:Status>${signatureOf(good)}`), 'SAML.SHAPE'],
  ['a signature of no namespace', () => replaced(good, '<samlp:Status>', '<samlp:Status><Signature/>'), 'SAML.SHAPE'],
  ['an id twice', () => replaced(good, '<saml:Subject>', `<saml:Subject ID="${ids[1]}">`), 'SAML.SHAPE'],
  [
    'an id twice, in another spelling',
    () => replaced(good, '<samlp:Status>', `<samlp:Status Id="${ids[1]}">`),
    'SAML.SHAPE',
  ],
  ['a DOCTYPE', () => `<!DOCTYPE samlp:Response>${good}`, 'SAML.SHAPE'],
  [
    'an entity bomb',
    () => `<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>${replaced(good, 'subject-123', '&b;')}`,
    'SAML.SHAPE',
  ],
  ['an entity that nobody declared', () => replaced(good, 'subject-123', '&admin;'), 'SAML.SHAPE'],
  ['a processing instruction in the name', () => replaced(good, 'subject-123', 'subject<?x y?>-123'), 'SAML.SHAPE'],
  ['malformed XML', () => good.slice(0, -3), 'SAML.SHAPE'],
  ['a prefix that is not declared', () => replaced(good, '<samlp:Status>', '<samlp:Status><nope:x/>'), 'SAML.SHAPE'],
  ['two roots', () => good + good, 'SAML.SHAPE'],
  ['nesting without end', () => `${'<a>'.repeat(20_000)}${'</a>'.repeat(20_000)}`, 'SAML.SHAPE'],
  [
    'an assertion alone',
    () =>
      assertionOf(good).replace(
        '<saml:Assertion',
        '<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"',
      ),
    'SAML.SHAPE',
  ],
  ['two SignedInfo', () => replaced(good, /<ds:SignedInfo>.*<\/ds:SignedInfo>/s, '$&$&'), 'SAML.SIGNATURE'],
  ['two references', () => replaced(good, /<ds:Reference .*<\/ds:Reference>/s, '$&$&'), 'SAML.SIGNATURE'],
  ['a reference to the whole document', () => replaced(good, `URI="#${ids[1]}"`, 'URI=""'), 'SAML.SIGNATURE'],
  ['a reference to the response', () => replaced(good, `URI="#${ids[1]}"`, `URI="#${ids[0]}"`), 'SAML.SIGNATURE'],
  [
    'a reference by XPointer',
    () => replaced(good, `URI="#${ids[1]}"`, `URI="#xpointer(id('${ids[1]}'))"`),
    'SAML.SIGNATURE',
  ],
  [
    'another transform',
    () =>
      replaced(
        good,
        'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
        'http://www.w3.org/TR/1999/REC-xslt-19991116',
      ),
    'SAML.SIGNATURE',
  ],
  [
    'inclusive canonicalization',
    () =>
      replaced(
        good,
        /http:\/\/www\.w3\.org\/2001\/10\/xml-exc-c14n#/g,
        'http://www.w3.org/TR/2001/REC-xml-c14n-20010315',
      ),
    'SAML.SIGNATURE',
  ],
  [
    'HMAC with the certificate as key',
    () =>
      replaced(
        good,
        'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
        'http://www.w3.org/2000/09/xmldsig#hmac-sha1',
      ),
    'SAML.SIGNATURE',
  ],
  [
    'RSA with SHA-1',
    () =>
      replaced(good, 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', 'http://www.w3.org/2000/09/xmldsig#rsa-sha1'),
    'SAML.SIGNATURE',
  ],
  [
    'an algorithm that is a property of every object',
    () => replaced(good, 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', 'constructor'),
    'SAML.SIGNATURE',
  ],
  [
    'SHA-1 as digest',
    () => replaced(good, 'http://www.w3.org/2001/04/xmlenc#sha256', 'http://www.w3.org/2000/09/xmldsig#sha1'),
    'SAML.SIGNATURE',
  ],
  [
    'a digest method that is a property of every object',
    () => replaced(good, 'http://www.w3.org/2001/04/xmlenc#sha256', 'toString'),
    'SAML.SIGNATURE',
  ],
  ['an empty signature value', () => replaced(good, /(?<=<ds:SignatureValue>)[^<]*/, ''), 'SAML.SIGNATURE'],
  [
    'zeros as signature of the response',
    () =>
      replaced(
        made({ sign: ['assertion', 'response'] }),
        /(?<=<ds:SignatureValue>)[^<]*/,
        Buffer.alloc(256).toString('base64'),
      ),
    'SAML.SIGNATURE',
  ],
  ['a response signed by a stranger around a genuine assertion', () => responseSignedBy(stranger), 'SAML.SIGNATURE'],
  ['expired', () => made({ facts: { now: instant(Date.now() - 400_000) } }), 'SAML.EXPIRED'],
  [
    'issued too long ago',
    () => made({ facts: { now: instant(Date.now() - 400_000), validSeconds: 3600 } }),
    'SAML.EXPIRED',
  ],
]

function responseSignedBy(other: typeof idp): string {
  const forged = made({ sign: ['response'] }, other)
  return forged.replace(withoutSignature(assertionOf(forged)), assertionOf(good))
}

for (const [name, xml, want] of cases) test(`${name}: ${want}`, () => assert.equal(verdict(xml()), want))

test('no base64, and no UTF-8', () => {
  const facts = { provider: row, account: ACCOUNT, vault, now: instant(Date.now()), requestId: 'r' }
  for (const text of ['$$$$', Buffer.from([0xff, 0xfe, 0xfd]).toString('base64')])
    assert.throws(() => proveAssertion(text, facts), { message: /^Invalid base64 SAMLResponse/ })
})

test('a certificate in KeyInfo brings no trust', () => {
  const forged = made({}, stranger)
  assert.ok(forged.includes(stranger.certificate.slice(0, 40)))
  assert.equal(verdict(forged), 'SAML.SIGNATURE')
})

test('one entity’s key does not sign for another in the same metadata', () => {
  const inner = (id: string, of: typeof idp) => idpMetadata(id, [of.certificate]).replace(/^<\?xml[^>]*\?>\n/, '')
  const metadata = `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">${inner(ISSUER, idp)}${inner('https://other.example.test', stranger)}</md:EntitiesDescriptor>`
  const both = { ...row, metadata }
  assert.equal(verdict(good, both), 'believed subject-123')
  assert.equal(verdict(made({}, stranger), both), 'SAML.SIGNATURE')
})

test('several certificates of one entity: a rollover', () => {
  const both = { ...row, metadata: idpMetadata(ISSUER, [stranger.certificate, idp.certificate]) }
  assert.equal(verdict(good, both), 'believed subject-123')
  assert.equal(verdict(made({}, stranger), both), 'believed subject-123')
})

const decryption = generateKeyPairSync('rsa', { modulusLength: 2048 })
const older = generateKeyPairSync('rsa', { modulusLength: 2048 })
const sealedKey = (id: string, pair: typeof decryption) => ({
  id,
  addedAt: instant(0),
  sealedPem: vault.seal(
    pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    samlKeySealOwner(ACCOUNT, id),
  ),
})
const encrypting: SamlProvider = { ...row, privateKeys: [sealedKey('old', older), sealedKey('new', decryption)] }

test('encrypted assertions: ciphers, hashes, both keys of a rollover', () => {
  for (const cipher of ['aes128-cbc', 'aes256-cbc', 'aes128-gcm', 'aes256-gcm'] as const)
    for (const hash of ['sha1', 'sha256'] as const)
      for (const to of [decryption, older])
        assert.equal(
          verdict(encryptedResponse(good, to.publicKey, { cipher, hash }), encrypting),
          'believed subject-123',
          `${cipher} ${hash}`,
        )
})

test('encryption proves nothing: what is inside is held to the same rules', () => {
  const inside = (xml: string) => encryptedResponse(xml, decryption.publicKey)
  const refused: readonly (readonly [string, string])[] = [
    ['not signed', inside(withoutSignature(good))],
    ['signed by a stranger', inside(made({}, stranger))],
    ['changed', inside(replaced(good, 'subject-123', 'admin'))],
    [
      'an assertion in the assertion',
      inside(
        replaced(
          good,
          '<saml:Subject>',
          `<saml:Advice>${evil(good).replaceAll('</saml:Assertion>', '</saml:Assertion >')}</saml:Advice><saml:Subject>`,
        ),
      ),
    ],
    ['for another key', encryptedResponse(good, older.publicKey)],
    ['beside a plain one', replaced(inside(good), '</samlp:Response>', `${assertionOf(good)}</samlp:Response>`)],
  ]
  for (const [name, xml] of refused)
    assert.doesNotMatch(
      verdict(xml, { ...encrypting, privateKeys: encrypting.privateKeys.slice(1) }),
      /believed|fault/,
      name,
    )
})

test('any one change of the signed part is refused; whatever is believed is the genuine subject', () => {
  const start = good.indexOf('<saml:Assertion')
  const end = good.indexOf('</samlp:Response>')
  const letters = fc.constantFrom('a', 'Z', '0', '<', '>', '"', '&', ' ', '=', '/')
  fc.assert(
    fc.property(
      fc.integer({ min: start, max: end - 1 }),
      letters,
      fc.constantFrom('put', 'insert', 'drop'),
      (at, letter, how) => {
        const cut = how === 'insert' ? at : at + 1
        const changed = good.slice(0, at) + (how === 'drop' ? '' : letter) + good.slice(cut)
        assert.doesNotMatch(verdict(changed), /fault/)
        if (verdict(changed).startsWith('believed')) assert.equal(verdict(changed), 'believed subject-123')
      },
    ),
    { numRuns: 150 },
  )
})

test('pieces of genuine and forged responses in any order never make a stranger believed', () => {
  const other = made({ facts: { subject: 'evil' } }, stranger)
  const pieces = [
    assertionOf(good),
    assertionOf(other),
    evil(good),
    signatureOf(good),
    signatureOf(other),
    `<samlp:Extensions>${assertionOf(good)}</samlp:Extensions>`,
    `<samlp:Extensions>${evil(good)}</samlp:Extensions>`,
    evil(good).replace('</saml:Issuer>', `</saml:Issuer>${signatureOf(good)}`),
    assertionOf(good).replace('</saml:Subject>', `</saml:Subject>${evil(good)}`),
    assertionOf(good).replace('</ds:Signature>', `<ds:Object>${evil(good)}</ds:Object></ds:Signature>`),
  ]
  const shell = good.replace(assertionOf(good), '@')
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 4 }), (chosen) => {
      const said = verdict(shell.replace('@', () => chosen.join('')))
      assert.doesNotMatch(said, /fault|believed evil/)
    }),
    { numRuns: 200 },
  )
})
