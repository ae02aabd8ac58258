import assert from 'node:assert/strict'
import test from 'node:test'
import { instant, knownAccountId } from '../../domain/brands.ts'
import { seededChance } from '../../domain/chance.ts'
import type { AwsError } from '../../errors/aws-error.ts'
import { awsAttributes, rolePairs } from './aws-attributes.ts'
import type { AssertionClaims } from './claims.ts'
import { nameQualifier, sessionKeys, trustKeys } from './condition-keys.ts'
import { samlId } from './identifiers.ts'
import { strictProblems } from './strict.ts'

const AWS = 'https://aws.amazon.com/SAML/Attributes/'
const ROLE = 'arn:aws:iam::111122223333:role/a/Reader'
const QUALIFIER = '1uAJanUnBc2XeUkHURMht+xam2c='
const IDP = 'arn:aws:iam::111122223333:saml-provider/corp'

function claims(
  attributes: Readonly<Record<string, readonly string[]>>,
  more: Partial<AssertionClaims> = {},
): AssertionClaims {
  return {
    id: '_1',
    issuer: 'https://example.com/saml',
    issuedAt: instant(0),
    subject: 'alice',
    subjectType: 'persistent',
    recipient: 'https://signin.aws.amazon.com/saml',
    audiences: ['urn:amazon:webservices'],
    notBefore: [],
    notOnOrAfter: [instant(1000)],
    attributes: new Map(Object.entries(attributes)),
    ...more,
  }
}
const named = (values: Readonly<Record<string, readonly string[]>>) =>
  claims(
    Object.fromEntries(
      Object.entries({ RoleSessionName: ['alice'], ...values }).map(([name, list]) => [AWS + name, list]),
    ),
  )
const refusal = (values: Readonly<Record<string, readonly string[]>>): string => {
  try {
    awsAttributes(named(values), 'r')
    return 'ok'
  } catch (error) {
    return (error as AwsError).options.diagnosis ?? ''
  }
}

test('pairs in either order, with blanks; what is none is passed over', () => {
  const values = [`${ROLE},${IDP}`, `${IDP} , ${ROLE}`, ROLE, `${ROLE},${ROLE}`, `${ROLE},${IDP},x`, 'x']
  assert.deepEqual(rolePairs(named({ Role: values })), [
    { roleArn: ROLE, providerArn: IDP },
    { roleArn: ROLE, providerArn: IDP },
  ])
})

const cases: readonly (readonly [name: string, values: Readonly<Record<string, readonly string[]>>, want: string])[] = [
  ['a name', {}, 'ok'],
  ['no name', { RoleSessionName: [] }, 'SAML.SESSION_NAME'],
  ['a name of one letter', { RoleSessionName: ['a'] }, 'SAML.SESSION_NAME'],
  ['a name with a blank', { RoleSessionName: ['alice b'] }, 'SAML.SESSION_NAME'],
  ['64 letters', { RoleSessionName: ['a'.repeat(64)] }, 'ok'],
  ['65 letters', { RoleSessionName: ['a'.repeat(65)] }, 'SAML.SESSION_NAME'],
  ['a source identity', { SourceIdentity: ['alice'] }, 'ok'],
  ['a reserved source identity', { SourceIdentity: ['aws:alice'] }, 'SAML.SOURCE_IDENTITY'],
  ['a short source identity', { SourceIdentity: ['a'] }, 'SAML.SOURCE_IDENTITY'],
  ['a duration', { SessionDuration: ['900'] }, 'ok'],
  ['a duration in words', { SessionDuration: ['an hour'] }, 'SAML.SHAPE'],
]
for (const [name, values, want] of cases) test(`${name}: ${want}`, () => assert.equal(refusal(values), want))

test('tags by the rest of the name, in its case', () => {
  const { tags, transitiveKeys } = awsAttributes(
    named({ 'PrincipalTag:Team': ['blue'], 'PrincipalTag:a:b': [''], TransitiveTagKeys: ['Team', 'a:b'] }),
    'r',
  )
  assert.deepEqual(tags, [
    { key: 'Team', value: 'blue' },
    { key: 'a:b', value: '' },
  ])
  assert.deepEqual(transitiveKeys, ['Team', 'a:b'])
})

test('NameQualifier: SHA-1 over issuer, account, slash and name', () => {
  // sha1("https://example.com/saml123456789012/MySAMLIdP"), by OpenSSL.
  assert.equal(nameQualifier('https://example.com/saml', knownAccountId('123456789012'), 'MySAMLIdP'), QUALIFIER)
})

test('keys of the trust evaluation, and the three that the session keeps', () => {
  const subject = {
    claims: claims({
      'urn:oid:1.3.6.1.4.1.5923.1.1.1.1': ['staff', 'member'],
      'urn:oid:0.9.2342.19200300.100.1.3': ['a@b.c'],
    }),
    account: knownAccountId('123456789012'),
    providerName: 'corp',
  }
  const keys = trustKeys(subject)
  assert.deepEqual(keys['saml:edupersonaffiliation'], ['staff', 'member'])
  assert.equal(keys['saml:mail'], 'a@b.c')
  assert.equal(keys['saml:doc'], '123456789012/corp')
  assert.equal(keys['saml:aud'], 'https://signin.aws.amazon.com/saml')
  assert.deepEqual(Object.keys(sessionKeys(subject)), ['saml:namequalifier', 'saml:sub', 'saml:sub_type'])
})

const at = { now: instant(1000) }
const strict: readonly (readonly [
  name: string,
  more: Partial<AssertionClaims>,
  uuid: string | undefined,
  want: number,
])[] = [
  ['AWS’s own', {}, undefined, 0],
  ['a Region’s address', { recipient: 'https://eu-west-1.signin.aws.amazon.com/saml' }, undefined, 0],
  ['the address as audience', { audiences: ['https://signin.aws.amazon.com/saml'] }, undefined, 0],
  ['one of several audiences', { audiences: ['urn:x', 'urn:amazon:webservices'] }, undefined, 0],
  ['no audience', { audiences: [] }, undefined, 1],
  ['another audience', { audiences: ['urn:x'] }, undefined, 1],
  ['a host that only ends so', { recipient: 'https://evil-signin.aws.amazon.com.example/saml' }, undefined, 1],
  ['plain http', { recipient: 'http://signin.aws.amazon.com/saml' }, undefined, 1],
  ['early', { notBefore: [instant(2000)] }, undefined, 1],
  [
    'required encryption names the provider',
    { recipient: 'https://signin.aws.amazon.com/saml/acs/SAMLSPA' },
    'SAMLSPA',
    0,
  ],
  ['another provider’s address', { recipient: 'https://signin.aws.amazon.com/saml/acs/SAMLSPB' }, 'SAMLSPA', 1],
]
for (const [name, more, uuid, want] of strict)
  test(`strict: ${name}`, () => {
    const facts = uuid === undefined ? at : { ...at, requiredUuid: uuid }
    assert.equal(strictProblems(claims({}, more), facts).length, want)
  })

test('ids are a prefix and 16 of 0-9A-Z', () => {
  assert.match(samlId('SAMLSP', seededChance('ids')), /^SAMLSP[0-9A-Z]{16}$/)
})
