/**
 * Assertions signed by others than our own library: once by hand, with canonical forms written out as the recommendation
 * "Exclusive XML Canonicalization" has them, and by xmlsec1 where Debian's program is installed.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash, sign } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openVault } from '../../packages/server/src/credentials/vault.ts'
import { instant, knownAccountId } from '../../packages/server/src/domain/brands.ts'
import { seededChance } from '../../packages/server/src/domain/chance.ts'
import type { AwsError } from '../../packages/server/src/errors/aws-error.ts'
import { proveAssertion } from '../../packages/server/src/federation/saml/assertion.ts'
import { responseXml, testIdp, toBase64 } from './saml-provider.ts'

const ACCOUNT = knownAccountId('111122223333')
const PAIR = [`arn:aws:iam::${ACCOUNT}:role/saml`, `arn:aws:iam::${ACCOUNT}:saml-provider/idp`] as const
const idp = testIdp()
const provider = {
  name: 'idp',
  uuid: 'SAMLSP0000000000000000',
  metadata: idp.metadata,
  createdAt: instant(0),
  encryption: 'Allowed',
  privateKeys: [],
  tags: [],
} as const
const prove = (xml: string) =>
  proveAssertion(toBase64(xml), {
    provider,
    account: ACCOUNT,
    vault: openVault(new Uint8Array(32), seededChance('signers')),
    now: instant(Date.now()),
    requestId: 'r',
  })

const DS = 'http://www.w3.org/2000/09/xmldsig#'
const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#'
const SAML = 'urn:oasis:names:tc:SAML:2.0:assertion'

/** Attributes in order, each namespace declared where it is first used: what exclusive canonicalization makes of it. */
function byHand(subject: string): { readonly canonical: string; readonly signed: string } {
  const at = new Date(Math.floor(Date.now() / 1000) * 1000).toISOString().replace('.000Z', 'Z')
  const end = new Date(Date.now() + 300_000).toISOString()
  const attribute = (name: string, value: string) =>
    `<saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/${name}"><saml:AttributeValue>${value}</saml:AttributeValue></saml:Attribute>`
  const head = `<saml:Assertion xmlns:saml="${SAML}" ID="_by-hand" IssueInstant="${at}" Version="2.0"><saml:Issuer>https://idp.example.test</saml:Issuer>`
  const rest =
    `<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">${subject}</saml:NameID>` +
    `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="${end}" Recipient="https://signin.aws.amazon.com/saml"></saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject>` +
    `<saml:Conditions NotOnOrAfter="${end}"></saml:Conditions><saml:AuthnStatement AuthnInstant="${at}"></saml:AuthnStatement>` +
    `<saml:AttributeStatement>${attribute('Role', PAIR.join(','))}${attribute('RoleSessionName', 'by-hand')}</saml:AttributeStatement></saml:Assertion>`
  const digest = createHash('sha256')
    .update(head + rest)
    .digest('base64')
  const info =
    `<ds:SignedInfo xmlns:ds="${DS}"><ds:CanonicalizationMethod Algorithm="${EXCLUSIVE}"></ds:CanonicalizationMethod>` +
    `<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"></ds:SignatureMethod><ds:Reference URI="#_by-hand">` +
    `<ds:Transforms><ds:Transform Algorithm="${DS}enveloped-signature"></ds:Transform><ds:Transform Algorithm="${EXCLUSIVE}"></ds:Transform></ds:Transforms>` +
    `<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod><ds:DigestValue>${digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>`
  const value = sign('sha384', Buffer.from(info), idp.key).toString('base64')
  const signature = `<ds:Signature xmlns:ds="${DS}">${info.replace(` xmlns:ds="${DS}"`, '')}<ds:SignatureValue>${value}</ds:SignatureValue></ds:Signature>`
  return { canonical: head + rest, signed: head + signature + rest }
}

const inResponse = (assertion: string) =>
  `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r" Version="2.0">${assertion}</samlp:Response>`

test('an assertion that was put in form and signed by hand', () => {
  const { claims } = prove(
    inResponse(byHand('åse & <c>'.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')).signed),
  )
  assert.equal(claims.subject, 'åse & <c>')
})

test('the same with other quotes, blanks in tags, entities and order of attributes', () => {
  const { signed } = byHand('carol')
  const other = signed
    .replaceAll('></saml:Conditions>', ' />')
    .replace(/ID="_by-hand" IssueInstant="([^"]*)" Version="2.0"/, "Version='2.0'\n  IssueInstant='$1' ID = '_by-hand'")
    .replace('carol', '&#x63;arol')
  assert.notEqual(other, signed)
  assert.equal(prove(inResponse(other)).claims.subject, 'carol')
})

test('a blank more in the text is another text', () => {
  assert.throws(() => prove(inResponse(byHand('carol').signed.replace('>carol<', '>carol <'))), {
    message: 'Response signature invalid',
  })
})

/** Large documents are first asked whether the key made the SignatureValue at all: a stranger's costs no canonical form. */
const many = { attributes: { Role: Array.from({ length: 300 }, (_, index) => PAIR.join(`${index},`)) } }
const explanationOf = (xml: string): string => {
  try {
    return prove(xml).claims.subject
  } catch (error) {
    return (error as AwsError).options.explanation ?? ''
  }
}
const large: readonly (readonly [name: string, xml: () => string, want: RegExp])[] = [
  ['genuine', () => responseXml(idp, PAIR, many), /^subject-123$/],
  ['both signed', () => responseXml(idp, PAIR, { ...many, sign: ['assertion', 'response'] }), /^subject-123$/],
  [
    'changed',
    () => responseXml(idp, PAIR, { ...many, after: (xml) => xml.replace('role/saml7,', 'role/admin,') }),
    /its digest is another one/,
  ],
  ['of a stranger', () => responseXml(testIdp(), PAIR, many), /did not make this signature/],
  [
    'with the digest replaced',
    () =>
      responseXml(idp, PAIR, {
        ...many,
        after: (xml) => xml.replace(/(?<=<ds:DigestValue>)[^<]*/, Buffer.alloc(32).toString('base64')),
      }),
    /did not make this signature/,
  ],
  [
    'with a crowd in KeyInfo',
    () =>
      responseXml(idp, PAIR, {
        ...many,
        after: (xml) => xml.replace('<ds:X509Data>', `<ds:X509Data>${'<ds:X/>'.repeat(2000)}`),
      }),
    /^subject-123$/,
  ],
  [
    'with a crowd in SignedInfo',
    () =>
      responseXml(idp, PAIR, {
        ...many,
        after: (xml) => xml.replace('</ds:SignedInfo>', `${'<ds:X/>'.repeat(100)}</ds:SignedInfo>`),
      }),
    /too large/,
  ],
  [
    'without end',
    () =>
      responseXml(idp, PAIR, {
        before: (xml) =>
          xml.replace('<saml:Conditions', `<saml:Advice>${'<a/>'.repeat(7000)}</saml:Advice><saml:Conditions`),
      }),
    /too deep or too large/,
  ],
]
for (const [name, xml, want] of large) test(`a large response, ${name}`, () => assert.match(explanationOf(xml()), want))

const PROGRAM = 'xmlsec1'
const hasXmlsec = spawnSync(PROGRAM, ['--version']).status === 0

test('an assertion signed by xmlsec1', { skip: hasXmlsec ? false : 'xmlsec1 is not installed' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-xmlsec-'))
  try {
    const template =
      `<ds:Signature xmlns:ds="${DS}"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="${EXCLUSIVE}"/><ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>` +
      `<ds:Reference URI="#_assertion"><ds:Transforms><ds:Transform Algorithm="${DS}enveloped-signature"/><ds:Transform Algorithm="${EXCLUSIVE}"/></ds:Transforms>` +
      `<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue/></ds:Reference></ds:SignedInfo><ds:SignatureValue/></ds:Signature>`
    const plain = responseXml(idp, PAIR, { sign: [] })
    const at = plain.indexOf('</saml:Issuer>', plain.indexOf('<saml:Assertion')) + '</saml:Issuer>'.length
    writeFileSync(join(folder, 'in.xml'), plain.slice(0, at) + template + plain.slice(at))
    writeFileSync(join(folder, 'key.pem'), idp.key.export({ type: 'pkcs8', format: 'pem' }))
    const out = join(folder, 'out.xml')
    const args = [
      '--sign',
      '--privkey-pem',
      join(folder, 'key.pem'),
      '--id-attr:ID',
      `${SAML}:Assertion`,
      '--output',
      out,
    ]
    const run = spawnSync(PROGRAM, [...args, join(folder, 'in.xml')], { encoding: 'utf8' })
    assert.equal(run.status, 0, run.stderr)
    assert.equal(prove(readFileSync(out, 'utf8')).claims.subject, 'subject-123')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
