import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { PolicyType } from '../validation/problem.ts'
import { guessPolicyType, lintPolicy } from './lint-policy.ts'
import { reference } from './fixture.ts'

const OBJECT = 'arn:aws:s3:::b/*'
const A = '111111111111'
const allow = (Action: unknown, Resource: unknown = '*', Condition?: object) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition ? { Condition } : {}),
})
const when = (Condition: object) => allow('s3:*', '*', Condition)
const trust = (Principal: unknown, Condition?: object, Action: unknown = 'sts:AssumeRole') => ({
  Effect: 'Allow',
  Principal,
  Action,
  ...(Condition ? { Condition } : {}),
})
const deny = (Action: string, Resource = '*') => ({ Effect: 'Deny', Action, Resource })
const GITHUB = `arn:aws:iam::${A}:oidc-provider/token.actions.githubusercontent.com`
const github = (sub: string) =>
  trust(
    { Federated: GITHUB },
    { StringLike: { 'token.actions.githubusercontent.com:sub': sub } },
    'sts:AssumeRoleWithWebIdentity',
  )

type Row = readonly [name: string, type: PolicyType, statements: readonly object[], want: readonly string[]]
const cases: readonly Row[] = [
  ['nothing to say', 'inline', [allow('s3:GetObject', OBJECT)], []],
  [
    'an action that is not there',
    'inline',
    [allow('s3:GetObjects', OBJECT)],
    ['LINT.NO_SUCH_ACTION error /Statement/0/Action'],
  ],
  [
    'a pattern without actions',
    'inline',
    [allow(['s3:GetObject', 's3:Xyz*'], OBJECT)],
    ['LINT.NO_SUCH_ACTION error /Statement/0/Action/1'],
  ],
  ['case does not count', 'inline', [allow('S3:getobject', OBJECT)], []],
  [
    'a service that is not there',
    'inline',
    [allow('s4:GetObject')],
    ['LINT.NO_SUCH_SERVICE error /Statement/0/Action'],
  ],
  [
    'an action of NotAction',
    'inline',
    [{ ...deny('x'), Action: undefined, NotAction: 's3:Nope' }],
    ['LINT.NO_SUCH_ACTION error /Statement/0/NotAction'],
  ],
  [
    'no resource-level permissions',
    'inline',
    [allow('ec2:DescribeInstances', 'arn:aws:ec2:*:*:instance/i-1')],
    ['LINT.ACTION_NEEDS_STAR error /Statement/0/Action'],
  ],
  ['on a star it is right', 'inline', [allow('ec2:DescribeInstances')], []],
  ['in a deny nobody minds', 'inline', [deny('ec2:DescribeInstances', 'arn:aws:ec2:*:*:instance/i-1')], []],
  [
    'a bucket action on objects',
    'inline',
    [allow('s3:ListBucket', OBJECT)],
    ['LINT.RESOURCE_NEVER_MATCHES warning /Statement/0/Action'],
  ],
  [
    'an object action on a bucket',
    'inline',
    [allow('s3:GetObject', 'arn:aws:s3:::b')],
    ['LINT.RESOURCE_NEVER_MATCHES warning /Statement/0/Action'],
  ],
  ['a pattern of which one fits', 'inline', [allow('s3:*Object', [OBJECT])], []],
  ['a variable may stand for anything', 'inline', [allow('s3:GetObject', 'arn:aws:s3:::${aws:PrincipalTag/home}')], []],
  [
    'covered by another',
    'inline',
    [allow(['s3:Get*', 's3:GetObject'])],
    ['LINT.REDUNDANT_ACTION suggestion /Statement/0/Action/1'],
  ],
  [
    'twice the same',
    'inline',
    [allow(['s3:GetObject', 's3:GetObject'])],
    ['LINT.REDUNDANT_ACTION suggestion /Statement/0/Action/1'],
  ],
  [
    'every role to every service',
    'inline',
    [allow('iam:PassRole')],
    ['LINT.PASSROLE_STAR securityWarning /Statement/0/Action'],
  ],
  [
    'to one service',
    'inline',
    [allow('iam:PassRole', '*', { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } })],
    [],
  ],
  [
    'everything but',
    'inline',
    [{ Effect: 'Allow', NotAction: 's3:*', Resource: '*' }],
    ['LINT.ALLOW_NOT_ACTION securityWarning /Statement/0/NotAction'],
  ],
  [
    'no such global key',
    'inline',
    [when({ StringEquals: { 'aws:SourceIpp': 'x' } })],
    ['LINT.UNKNOWN_CONDITION_KEY error /Statement/0/Condition/StringEquals/aws:SourceIpp'],
  ],
  [
    'no such key of a service',
    'inline',
    [when({ StringEquals: { 's3:prefixx': 'x' } })],
    ['LINT.UNKNOWN_CONDITION_KEY error /Statement/0/Condition/StringEquals/s3:prefixx'],
  ],
  ['keys of issuers are anybody’s', 'inline', [when({ StringEquals: { 'idp.example.com:sub': 'x' } })], []],
  [
    'a slash in a pointer',
    'inline',
    [when({ StringEquals: { 'aws:PrincipalTag/a': 'b*' } })],
    ['LINT.WILDCARD_IN_EXACT warning /Statement/0/Condition/StringEquals/aws:PrincipalTag~1a'],
  ],
  [
    'a key that the action does not know',
    'inline',
    [allow('s3:GetObject', OBJECT, { StringEquals: { 's3:prefix': 'a' } })],
    ['LINT.KEY_NOT_FOR_ACTION warning /Statement/0/Condition/StringEquals/s3:prefix'],
  ],
  [
    'a key that it knows',
    'inline',
    [allow('s3:ListBucket', 'arn:aws:s3:::b', { StringEquals: { 's3:prefix': 'a' } })],
    [],
  ],
  [
    'an address as a text',
    'inline',
    [when({ StringEquals: { 'aws:SourceIp': '192.0.2.1' } })],
    ['LINT.OPERATOR_TYPE warning /Statement/0/Condition/StringEquals/aws:SourceIp'],
  ],
  [
    'a number as a text',
    'inline',
    [when({ StringEquals: { 's3:max-keys': '10' } })],
    ['LINT.OPERATOR_TYPE warning /Statement/0/Condition/StringEquals/s3:max-keys'],
  ],
  ['seconds as a number', 'inline', [when({ NumericLessThan: { 'aws:EpochTime': '1767225600' } })], []],
  ['a tag that holds a number', 'inline', [when({ NumericLessThan: { 'aws:PrincipalTag/level': '5' } })], []],
  [
    'a star in an exact operator',
    'inline',
    [when({ StringNotEquals: { 's3:prefix': 'home/*' } })],
    ['LINT.WILDCARD_IN_EXACT warning /Statement/0/Condition/StringNotEquals/s3:prefix'],
  ],
  ['an escaped star', 'inline', [when({ StringEquals: { 's3:prefix': 'home/${*}' } })], []],
  [
    'yes is no',
    'inline',
    [when({ Bool: { 'aws:SecureTransport': 'yes' } })],
    ['LINT.BOOL_VALUE error /Statement/0/Condition/Bool/aws:SecureTransport'],
  ],
  [
    'a private address',
    'inline',
    [when({ IpAddress: { 'aws:SourceIp': ['192.0.2.0/24', '10.1.0.0/16'] } })],
    ['LINT.PRIVATE_ADDRESS warning /Statement/0/Condition/IpAddress/aws:SourceIp/1'],
  ],
  [
    'one key in two spellings',
    'inline',
    [when({ StringEquals: { 's3:prefix': 'a', 's3:Prefix': 'a' } })],
    ['LINT.KEY_CASE error /Statement/0/Condition/StringEquals/s3:Prefix'],
  ],
  [
    'several values without a set operator',
    'inline',
    [when({ StringEquals: { 'aws:TagKeys': 'a' } })],
    ['LINT.MULTIVALUED_KEY error /Statement/0'],
  ],
  [
    'all of none',
    'inline',
    [when({ 'ForAllValues:StringEquals': { 'aws:TagKeys': 'a' } })],
    ['LINT.FORALLVALUES_ALLOW securityWarning /Statement/0'],
  ],
  [
    'a deny over everything',
    'inline',
    [allow('s3:GetObject', OBJECT), deny('s3:*')],
    ['LINT.UNREACHABLE warning /Statement/0'],
  ],
  [
    'a deny under a condition',
    'inline',
    [allow('s3:GetObject', OBJECT), { ...deny('s3:*'), Condition: { Bool: { 'aws:SecureTransport': 'false' } } }],
    [],
  ],
  ['a narrower deny', 'inline', [allow('s3:GetObject', OBJECT), deny('s3:*', 'arn:aws:s3:::b/secret/*')], []],
  [
    'the same and more',
    'inline',
    [allow('s3:GetObject', OBJECT), allow('s3:*')],
    ['LINT.REDUNDANT_STATEMENT suggestion /Statement/0'],
  ],
  [
    'equal statements: the second',
    'inline',
    [allow('s3:GetObject', OBJECT), allow('s3:GetObject', OBJECT)],
    ['LINT.REDUNDANT_STATEMENT suggestion /Statement/1'],
  ],
  [
    'another account without external id',
    'trust',
    [trust({ AWS: '222222222222' })],
    ['LINT.EXTERNAL_ID_MISSING securityWarning /Statement/0/Principal/AWS'],
  ],
  ['the own account', 'trust', [trust({ AWS: `arn:aws:iam::${A}:root` })], []],
  ['with an external id', 'trust', [trust({ AWS: '222222222222' }, { StringEquals: { 'sts:ExternalId': 'e' } })], []],
  ['everybody', 'trust', [trust({ AWS: '*' })], ['LINT.OPEN_TRUST error /Statement/0']],
  [
    'a pattern of roles',
    'trust',
    [trust({ AWS: `arn:aws:iam::${A}:role/app-*` })],
    ['POLICY.GRAMMAR error ', 'POLICY.WILDCARD_IN_PRINCIPAL error /Statement/0/Principal/AWS'],
  ],
  [
    'GitHub without sub',
    'trust',
    [
      trust(
        { Federated: GITHUB },
        { StringEquals: { 'token.actions.githubusercontent.com:aud': 'x' } },
        'sts:AssumeRoleWithWebIdentity',
      ),
    ],
    ['LINT.SHARED_ISSUER error '],
  ],
  [
    'GitHub with every owner',
    'trust',
    [github('repo:*:ref:refs/heads/main')],
    ['LINT.LOOSE_SUBJECT securityWarning /Statement/0/Condition/StringLike/token.actions.githubusercontent.com:sub'],
  ],
  ['GitHub with one repository', 'trust', [github('repo:octo/app:*')], []],
  [
    'SAML without audience',
    'trust',
    [trust({ Federated: `arn:aws:iam::${A}:saml-provider/p` }, undefined, 'sts:AssumeRoleWithSAML')],
    ['LINT.SAML_AUD securityWarning /Statement/0'],
  ],
  [
    'NotPrincipal with a role',
    'resource',
    [
      {
        Effect: 'Deny',
        NotPrincipal: { AWS: [`arn:aws:iam::${A}:role/r`, A] },
        Action: 's3:GetObject',
        Resource: OBJECT,
      },
    ],
    ['POLICY.NOTPRINCIPAL_SESSION warning /Statement/0/NotPrincipal/AWS/0'],
  ],
  [
    'a service from anywhere',
    'resource',
    [{ ...allow('s3:PutObject', OBJECT), Principal: { Service: 'sns.amazonaws.com' } }],
    ['LINT.SERVICE_WITHOUT_SOURCE securityWarning /Statement/0/Principal/Service'],
  ],
  ['what AWS refuses', 'inline', [{ Effect: 'Allow', Action: 's3:GetObject' }], ['POLICY.GRAMMAR error ']],
]

const told = (text: string, type: PolicyType): readonly string[] =>
  lintPolicy(text, type, { reference, account: A }).map(({ code, level, path }) => `${code} ${level} ${path}`)

for (const [name, type, statements, want] of cases)
  test(name, () => {
    const text = JSON.stringify({ Version: '2012-10-17', Statement: statements })
    assert.deepEqual(told(text, type), want)
  })

const documents: readonly (readonly [name: string, text: string, want: readonly string[]])[] = [
  ['no version', JSON.stringify({ Statement: allow('s3:GetObject', OBJECT) }), ['LINT.VERSION_MISSING warning ']],
  [
    'the old version',
    JSON.stringify({ Version: '2008-10-17', Statement: allow('s3:GetObject', OBJECT) }),
    ['LINT.VERSION_OLD warning /Version'],
  ],
  [
    'a variable in an old one',
    JSON.stringify({ Version: '2008-10-17', Statement: allow('s3:GetObject', 'arn:aws:s3:::b/${aws:username}') }),
    ['LINT.VERSION_OLD warning /Version', 'LINT.VARIABLE_NEEDS_VERSION error /Statement/Resource'],
  ],
  ['no JSON', '{"Version"', ['POLICY.GRAMMAR error ']],
  ['a list', '[]', ['POLICY.GRAMMAR error ']],
]
for (const [name, text, want] of documents) test(name, () => assert.deepEqual(told(text, 'inline'), want))

test('a hint for what was meant, with its line', () => {
  const text =
    '{\n"Version": "2012-10-17",\n"Statement": {\n"Effect": "Allow",\n"Action": "s3:GetObjct",\n"Resource": "*"}}'
  const [found] = lintPolicy(text, 'inline', { reference })
  assert.equal(found?.line, 5)
  assert.match(found?.message ?? '', /Did you mean `s3:GetObject`\?/)
})

test('without a reference nothing is said about actions', () => {
  const text = JSON.stringify({ Version: '2012-10-17', Statement: allow('nosuch:Thing', 'arn:aws:x:::y') })
  assert.deepEqual(lintPolicy(text, 'inline'), [])
})

test('the slot is guessed from the elements', () => {
  const type = (statement: object) => guessPolicyType(JSON.stringify({ Version: '2012-10-17', Statement: statement }))
  assert.equal(type(allow('s3:GetObject')), 'inline')
  assert.equal(type(trust({ AWS: A })), 'trust')
  assert.equal(type({ ...allow('s3:GetObject', OBJECT), Principal: '*' }), 'resource')
})

test('any text is answered', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      for (const type of ['inline', 'trust', 'resource'] as const) lintPolicy(text, type, { reference })
    }),
    { numRuns: 300 },
  )
})
