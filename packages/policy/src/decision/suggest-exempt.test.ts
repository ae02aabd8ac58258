/** The exact edits that exempt a caller from a Deny: one case a row. */
import { test } from 'node:test'
import {
  A,
  EXEMPT_SESSIONS,
  WHOLE,
  alice,
  all,
  ask,
  assume,
  attach,
  deny,
  ec2,
  exemption,
  google,
  holds,
  nobody,
  nothing,
  object,
  replaced,
  row,
  saml,
  session,
  target,
  unless,
  web,
  type SuggestionCase,
} from '../conformance/suggestion-cases.ts'
import type { Principal } from '../types.ts'

const rows: readonly SuggestionCase[] = [
  // Exempting from a Deny.
  row('a Deny of everything', [ask(alice), { identity: [unless({})] }], ['guard', exemption({}), WHOLE]),
  row(
    'a Deny of this action and resource alone',
    [ask(alice), { identity: [unless({ Action: 'S3:getObject', Resource: object })] }],
    ['guard', exemption({ Action: 's3:GetObject', Resource: object })],
  ),
  row(
    'the action is split off a list',
    [ask(alice), { identity: [unless({ Sid: 'Guard', Action: ['s3:PutObject', 's3:getobject'], Resource: object })] }],
    [
      'guard',
      exemption(
        { Sid: 'Guard', Action: 's3:GetObject', Resource: object },
        { ...deny, Action: ['s3:PutObject'], Resource: object },
      ),
    ],
  ),
  row(
    'the resource is split off a list',
    [ask(alice), { identity: [unless({ Action: 's3:GetObject', Resource: [`${object}b`, object] })] }],
    [
      'guard',
      exemption(
        { Action: 's3:GetObject', Resource: object },
        { ...deny, Action: 's3:GetObject', Resource: [`${object}b`] },
      ),
    ],
  ),
  row(
    'a resource differs by case',
    [ask(alice), { identity: [unless({ Action: 's3:GetObject', Resource: [object.toUpperCase(), object] })] }],
    [
      'guard',
      exemption(
        { Action: 's3:GetObject', Resource: object },
        { ...deny, Action: 's3:GetObject', Resource: [object.toUpperCase()] },
      ),
    ],
  ),
  row(
    'a pattern beside it covers it too',
    [ask(alice), { identity: [unless({ Action: ['s3:GetObject', 's3:Get*'], Resource: object })] }],
    ['guard', exemption({ Action: ['s3:GetObject', 's3:Get*'], Resource: object }), WHOLE],
  ),
  row(
    'one of several patterns covers it',
    [ask(alice), { identity: [unless({ Action: ['s3:GetObject', 's3:Put*', 's3:Get*'], Resource: object })] }],
    ['guard', exemption({ Action: ['s3:GetObject', 's3:Put*', 's3:Get*'], Resource: object }), WHOLE],
  ),
  row(
    'a variable beside it may cover it',
    [ask(alice), { identity: [unless({ Action: 's3:GetObject', Resource: [object, '${aws:username}'] })] }],
    ['guard', exemption({ Action: 's3:GetObject', Resource: [object, '${aws:username}'] }), WHOLE],
  ),
  row(
    'complements list what is split off',
    [
      ask(alice),
      { identity: [attach('guard', all, { Effect: 'Deny', NotAction: 'ec2:*', NotResource: ['arn:aws:s3:::log/*'] })] },
    ],
    [
      'guard',
      [
        replaced(1, {
          Effect: 'Deny',
          Action: 's3:GetObject',
          Resource: object,
          Condition: { ArnNotEquals: { 'aws:PrincipalArn': `arn:aws:iam::${A}:user/alice` } },
        }),
        {
          op: 'add',
          path: '/Statement/-',
          value: { Effect: 'Deny', NotAction: ['ec2:*', 's3:GetObject'], NotResource: ['arn:aws:s3:::log/*'] },
        },
        {
          op: 'add',
          path: '/Statement/-',
          value: { Effect: 'Deny', Action: 's3:GetObject', NotResource: ['arn:aws:s3:::log/*', object] },
        },
      ],
    ],
  ),
  row(
    'a trust policy has no resource',
    [
      ask(alice, {}, assume),
      {
        ...nothing,
        trust: attach(
          'trust',
          { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${A}:user/alice` }, Action: 'sts:AssumeRole' },
          { Effect: 'Deny', Principal: '*', Action: 'sts:AssumeRole' },
        ),
      },
    ],
    [
      'trust',
      [
        replaced(1, {
          Effect: 'Deny',
          Principal: '*',
          Action: 'sts:AssumeRole',
          Condition: { ArnNotEquals: { 'aws:PrincipalArn': `arn:aws:iam::${A}:user/alice` } },
        }),
      ],
    ],
  ),
  row(
    'a test of the same key gets one value more',
    [
      ask(alice, { 'aws:PrincipalArn': alice.arn, 'a:b': 'x' }),
      {
        identity: [
          unless({
            Action: 's3:GetObject',
            Resource: object,
            Condition: { ArnNotEquals: { 'aws:PrincipalArn': target }, Bool: { 'a:b': 'false' } },
          }),
        ],
      },
    ],
    [
      'guard',
      [
        replaced(1, {
          ...deny,
          Action: 's3:GetObject',
          Resource: object,
          Condition: {
            ArnNotEquals: { 'aws:PrincipalArn': [target, `arn:aws:iam::${A}:user/alice`] },
            Bool: { 'a:b': 'false' },
          },
        }),
      ],
    ],
  ),
  ...exempted(session, 'ArnNotEquals', 'aws:PrincipalArn', `arn:aws:iam::${A}:role/app`),
  ...exempted(ec2, 'StringNotEquals', 'aws:PrincipalServiceName', 'ec2.amazonaws.com'),
  ...exempted(nobody, 'StringNotEquals', 'aws:PrincipalAccount', 'anonymous'),
  ...exempted(web, 'StringNotEquals', 'token.example:sub', 'me'),
  ...exempted(google, 'Null', 'accounts.google.com:sub', 'false'),
  ...exempted(saml, 'StringNotEquals', 'saml:sub', 'me'),
]

function exempted(principal: Principal, operator: string, key: string, value: string): readonly SuggestionCase[] {
  const guard = { Effect: 'Deny', Principal: '*', Action: 's3:GetObject', Resource: object }
  const keys = principal === google ? {} : { 'saml:sub': 'me', 'token.example:sub': 'me' }
  const warning = principal === session ? EXEMPT_SESSIONS : undefined
  return [
    row(
      `exempting ${principal.kind} by ${key}`,
      [ask(principal, keys), { ...nothing, resource: attach('bucket', { ...all, Principal: '*' }, guard) }],
      ['bucket', [replaced(1, { ...guard, Condition: { [operator]: { [key]: value } } })], warning],
    ),
  ]
}

for (const row of rows) test(row.name, () => holds(row))
