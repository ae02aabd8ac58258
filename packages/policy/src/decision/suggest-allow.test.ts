/** The exact statements that would open a silent layer, and their warnings: one case a row. `suggest.test.ts` holds the laws. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestContext } from '../context-keys.ts'
import { explain } from './explain.ts'
import {
  A,
  B,
  NOT_WANTED,
  SESSIONS,
  added,
  alice,
  all,
  allow,
  ask,
  assume,
  attach,
  bob,
  byWeb,
  document,
  ec2,
  fresh,
  full,
  google,
  holds,
  near,
  nobody,
  nothing,
  object,
  old,
  row,
  saml,
  session,
  target,
  trusting,
  web,
  type SuggestionCase,
} from '../conformance/suggestion-cases.ts'

const rows: readonly SuggestionCase[] = [
  row('no policy', [ask(alice), nothing], ['new inline policy', fresh(allow)]),
  row(
    'an action without resource',
    [ask(alice, {}, { resource: '*' }), nothing],
    ['new inline policy', fresh({ ...allow, Resource: '*' })],
  ),
  row(
    'wildcards in the name are escaped',
    [ask(alice, {}, { resource: `${object}*?\${x}` }), nothing],
    ['new inline policy', fresh({ ...allow, Resource: `${object}\${*}\${?}\${$}{x}` })],
  ),
  row('a policy that is there', [ask(alice), { identity: [attach('own')] }], ['own', added(allow)]),
  row(
    'a statement that is no list',
    [ask(alice), { identity: [document('2012-10-17', { ...allow, Action: 's3:Put*' }, 'own')] }],
    ['own', [{ op: 'replace', path: '/Statement', value: [{ ...allow, Action: 's3:Put*' }, allow] }]],
  ),
  row(
    'a shared policy',
    [ask(alice), { identity: [document('2012-10-17', [], 'shared', `arn:aws:iam::${A}:policy/shared`)] }],
    ['shared', added(allow), 'Everybody to whom this policy is attached gets the permission.'],
  ),
  row(
    'a shared trust policy has one holder',
    [ask(bob, {}, assume), { identity: [full], trust: document('2012-10-17', [], 't', target) }],
    ['t', added({ Effect: 'Allow', Principal: { AWS: bob.arn }, Action: 'sts:AssumeRole' })],
  ),
  row('an old version', [ask(alice), { identity: [old('own')] }], ['own', added(allow)]),
  row(
    'an old version cannot escape',
    [ask(alice, {}, { resource: `${object}*` }), { identity: [old('own')] }],
    [
      'own',
      added({ ...allow, Resource: `${object}*` }),
      'Wildcards cannot be escaped in a policy of version 2008-10-17.',
    ],
  ),
  row(
    'a near miss keeps what holds and takes what came',
    [
      ask(alice, { 'aws:userid': 'u${x}', 'aws:username': 'alice' }),
      {
        identity: [
          near({
            StringLike: { 'aws:username': ['a*', 'b'] },
            StringEquals: { 'aws:username': 'alice', 'aws:userid': 'v' },
          }),
        ],
      },
    ],
    [
      'near',
      added({
        ...allow,
        Condition: {
          StringLike: { 'aws:username': ['a*', 'b'] },
          StringEquals: { 'aws:username': 'alice', 'aws:userid': 'u${$}{x}' },
        },
      }),
      NOT_WANTED,
    ],
  ),
  row(
    'in an old version variables are no variables',
    [
      ask(alice, { 'aws:userid': 'u${x}', 'aws:username': '${a}' }),
      {
        identity: [old('near', { ...all, Condition: { StringEquals: { 'aws:username': '${a}', 'aws:userid': 'v' } } })],
      },
    ],
    [
      'near',
      added({ ...allow, Condition: { StringEquals: { 'aws:username': '${a}', 'aws:userid': 'u${x}' } } }),
      NOT_WANTED,
    ],
  ),
  row(
    'a condition that holds with a variable is pinned',
    [
      ask(alice, { 'aws:userid': 'u', 'aws:username': 'a${b}' }),
      {
        identity: [near({ StringEquals: { 'aws:username': '${aws:username}', 'aws:userid': 'v' } })],
      },
    ],
    [
      'near',
      added({ ...allow, Condition: { StringEquals: { 'aws:username': 'a${$}{b}', 'aws:userid': 'u' } } }),
      NOT_WANTED,
    ],
  ),
  row(
    'an absent key',
    [ask(alice), { identity: [near({ StringEquals: { 'aws:username': 'alice' } })] }],
    [
      'near',
      added({ ...allow, Condition: { Null: { 'aws:username': 'true' } } }),
      'This opens the statement to requests without aws:username; sending the key is the narrower way.',
    ],
  ),
  row(
    'a key that may be absent',
    [
      ask(alice, { 'aws:userid': 'u' }),
      { identity: [near({ StringEqualsIfExists: { 'aws:username': 'alice' }, StringEquals: { 'aws:userid': 'v' } })] },
    ],
    [
      'near',
      added({
        ...allow,
        Condition: { StringEqualsIfExists: { 'aws:username': 'alice' }, StringEquals: { 'aws:userid': 'u' } },
      }),
      NOT_WANTED,
    ],
  ),
  row(
    'a key of several values',
    [
      ask(alice, { 'aws:TagKeys': ['k'] }),
      { identity: [near({ 'ForAllValues:StringEquals': { 'aws:TagKeys': 'x' } })] },
    ],
    ['near', added({ ...allow, Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': 'k' } } }), NOT_WANTED],
  ),
  row(
    'several values',
    [ask(alice, { k: ['a', 'b'] }), { identity: [near({ 'ForAllValues:StringEquals': { k: 'x' } })] }],
    ['near', added({ ...allow, Condition: { 'ForAllValues:StringEquals': { k: ['a', 'b'] } } }), NOT_WANTED],
  ),
  row(
    'a bucket names the user',
    [ask(bob), { identity: [full], resource: attach('bucket') }],
    ['bucket', added({ ...allow, Principal: { AWS: bob.arn } })],
  ),
  row(
    'a bucket names the role of a session',
    [ask(session, {}, { resourceAccount: B }), { identity: [full], resource: attach('bucket') }],
    ['bucket', added({ ...allow, Principal: { AWS: `arn:aws:iam::${A}:role/app` } }), SESSIONS],
    B,
  ),
  row('an identity policy of a session', [ask(session), nothing], ['new inline policy', fresh(allow)]),
  row(
    'a bucket names a service',
    [ask(ec2), { ...nothing, resource: attach('bucket') }],
    ['bucket', added({ ...allow, Principal: { Service: 'ec2.amazonaws.com' } })],
  ),
  row(
    'a bucket names a provider, and pins nothing',
    [ask(web, { 'token.example:sub': 's' }), { ...nothing, resource: attach('bucket') }],
    ['bucket', added({ ...allow, Principal: { Federated: `arn:aws:iam::${A}:oidc-provider/x` } })],
  ),
  row(
    'a bucket names everybody',
    [ask(nobody), { ...nothing, resource: attach('bucket') }],
    ['bucket', added({ ...allow, Principal: '*' }), 'This opens the resource to everybody.'],
  ),
  row(
    'a web identity is pinned',
    [
      ask(web, { 'token.example:sub': 's${x}', 'token.example:aud': 'a' }, byWeb),
      { ...nothing, trust: attach('trust') },
    ],
    [
      'trust',
      added({
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${A}:oidc-provider/x` },
        Action: byWeb.action,
        Condition: { StringEquals: { 'token.example:aud': 'a', 'token.example:sub': 's${$}{x}' } },
      }),
    ],
  ),
  row(
    'in an old trust policy too',
    [ask(web, { 'token.example:sub': 's${x}' }, byWeb), { ...nothing, trust: old('trust') }],
    [
      'trust',
      added({
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${A}:oidc-provider/x` },
        Action: byWeb.action,
        Condition: { StringEquals: { 'token.example:sub': 's${x}' } },
      }),
    ],
  ),
  row(
    'a built-in provider, and no claims',
    [ask(google, {}, byWeb), { ...nothing, trust: attach('trust') }],
    ['trust', added({ Effect: 'Allow', Principal: { Federated: 'accounts.google.com' }, Action: byWeb.action })],
  ),
  row(
    'a SAML subject is pinned',
    [
      ask(saml, { 'saml:aud': 'a', 'saml:sub': 's' }, { ...assume, action: 'sts:AssumeRoleWithSAML' }),
      { ...nothing, trust: attach('trust') },
    ],
    [
      'trust',
      added({
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${A}:saml-provider/corp` },
        Action: 'sts:AssumeRoleWithSAML',
        Condition: { StringEquals: { 'saml:aud': 'a', 'saml:sub': 's' } },
      }),
    ],
  ),
  row(
    'a near miss of a trust policy',
    [
      ask(bob, { 'sts:ExternalId': 'e2' }, assume),
      { identity: [full], trust: trusting({ AWS: B }, { Condition: { StringEquals: { 'sts:ExternalId': 'e1' } } }) },
    ],
    [
      'trust',
      added({
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${B}:user/bob` },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'sts:ExternalId': 'e2' } },
      }),
      NOT_WANTED,
    ],
  ),
  row('an SCP', [ask(alice), { identity: [full], scp: [[full], [attach('level')]] }], ['level', added(allow)]),
  row('no SCP at a level', [ask(alice), { identity: [full], scp: [[]] }], ['new service control policy', fresh(allow)]),
  row('a boundary', [ask(alice), { identity: [full], boundary: attach('edge') }], ['edge', added(allow)]),
  row('a session policy', [ask(session), { identity: [full], session: [attach('s')] }], ['s', added(allow)]),
  row('no session policy', [ask(session), { identity: [full], session: [] }], ['new session policy', fresh(allow)]),
]

test('whose change it is, and what of several policies has to change', () => {
  const owned = { ...attach('own'), owner: '999999999999' }
  const [own] = explain(ask(alice), { identity: [owned] }).suggestions
  assert.equal(own?.owner, '999999999999')
  const [plain] = explain(ask(alice), nothing).suggestions
  assert.equal(plain && 'warning' in plain, false)
  const [unknown] = explain(
    { principal: ec2, action: 's3:GetObject', resource: object, context: requestContext({}) },
    nothing,
  ).suggestions
  assert.equal(unknown && 'owner' in unknown, false)
  const [first, ...more] = explain(ask(nobody), nothing).suggestions
  assert.deepEqual(
    [first?.policy, first?.owner, first?.warning, more.length],
    ['new resource policy', A, 'This opens the resource to everybody.', 0],
  )
  const shut = attach('shut', { ...all, Effect: 'Deny', Principal: '*' })
  const guard = attach('guard', all, { ...all, Effect: 'Deny' })
  const { suggestions } = explain(ask(alice, {}, { resourceAccount: B }), {
    identity: [full, guard],
    resource: attach('bucket', { ...all, Principal: '*' }),
    rcp: [[shut]],
    scp: [[full], [guard]],
  })
  assert.deepEqual(
    suggestions.map(({ policy, layer, owner }) => [policy, layer, owner]),
    [
      ['guard', 'scp', A],
      ['shut', 'rcp', B],
      ['guard', 'identity', A],
    ],
  )
  assert.ok(suggestions.every((one) => one.warning !== undefined))
  const clean = explain(ask(alice), {
    identity: [attach('own')],
    boundary: document('2012-10-17', [], 'edge', 'arn:x'),
  })
  assert.deepEqual(
    clean.suggestions.map((one) => [one.policy, 'warning' in one]),
    [
      ['own', false],
      ['edge', true],
    ],
  )
})

for (const row of rows) test(row.name, () => holds(row))
