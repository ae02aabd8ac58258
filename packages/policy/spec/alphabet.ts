/** The few names, texts and values that random cases are made of: few, so that they meet often. */
import type { Principal } from '@understudy/policy'

const A = '111122223333'
const B = '444455556666'
export const ACCOUNTS: readonly string[] = [A, A, A, B]

/** Every kind of caller, in both accounts where it has one. */
export const CALLERS: readonly Principal[] = [
  ...[A, A, B].map((id): Principal => user(id, 'alice')),
  user(A, 'team/alice'),
  ...[A, A, B].map((id): Principal => session(id, 'app', 'team/app')),
  session(A, 'target', 'target'),
  {
    kind: 'role-session',
    accountId: A,
    arn: `arn:aws:sts::${A}:assumed-role/linked/s1`,
    userId: 'AROALINKED:s1',
    roleArn: `arn:aws:iam::${A}:role/aws-service-role/x.amazonaws.com/linked`,
  },
  ...[A, A, B].map((id): Principal => federated(id, 'user/alice')),
  federated(A, 'root'),
  ...[A, B].map((id): Principal => ({ kind: 'root', accountId: id, arn: `arn:aws:iam::${id}:root` })),
  { kind: 'service', name: 'sns.amazonaws.com' },
  { kind: 'service', name: 's3.af-south-1.amazonaws.com' },
  { kind: 'anonymous' },
  { kind: 'web-identity', provider: 'accounts.google.com' },
  { kind: 'web-identity', provider: 'gitlab.com', providerArn: `arn:aws:iam::${A}:oidc-provider/gitlab.com` },
  { kind: 'saml', providerArn: `arn:aws:iam::${A}:saml-provider/ADFS` },
]

function user(accountId: string, path: string): Principal {
  return { kind: 'user', accountId, arn: `arn:aws:iam::${accountId}:user/${path}`, userId: `AIDA${accountId}` }
}

function session(accountId: string, name: string, path: string): Principal {
  const arn = `arn:aws:sts::${accountId}:assumed-role/${name}/s1`
  return {
    kind: 'role-session',
    accountId,
    arn,
    userId: `AROA${accountId}:s1`,
    roleArn: `arn:aws:iam::${accountId}:role/${path}`,
  }
}

function federated(accountId: string, issuer: string): Principal {
  const arn = `arn:aws:sts::${accountId}:federated-user/carol`
  return {
    kind: 'federated-user',
    accountId,
    arn,
    userId: `${accountId}:carol`,
    issuerArn: `arn:aws:iam::${accountId}:${issuer}`,
  }
}

/** Names under `AWS` in a Principal, those that name nobody among them. */
export const AWS_NAMES: readonly string[] = [
  '*',
  A,
  B,
  ...[A, B].flatMap((id) => [
    `arn:aws:iam::${id}:root`,
    `arn:aws:iam::${id}:user/alice`,
    `arn:aws:iam::${id}:role/team/app`,
    `arn:aws:sts::${id}:assumed-role/app/s1`,
    `arn:aws:sts::${id}:federated-user/carol`,
  ]),
  `AIDA${A}`,
  `AROA${A}`,
  'AIDADELETED',
  `arn:aws:iam::${A}:user/Alice`,
  `arn:aws:iam::${A}:user/*`,
  `arn:aws:iam::${A}:role/app`,
  `arn:aws:iam::${A}:role/target`,
  `arn:aws:sts::${A}:assumed-role/app/*`,
]
export const SERVICES: readonly string[] = ['sns.amazonaws.com', 's3.amazonaws.com', 's3.af-south-1.amazonaws.com']
export const PROVIDERS: readonly string[] = [
  'accounts.google.com',
  'gitlab.com',
  `arn:aws:iam::${A}:oidc-provider/gitlab.com`,
  `arn:aws:iam::${A}:saml-provider/ADFS`,
]

/** What is asked for: an action and its resource. */
export type Target = readonly [action: string, resource: string]

const role = `arn:aws:iam::${A}:role/target`
const key = `arn:aws:kms:us-east-1:${A}:key/k1`
const carol = `arn:aws:sts::${A}:federated-user/carol`

export const TARGETS: readonly Target[] = [
  ['s3:GetObject', 'arn:aws:s3:::data/a.txt'],
  ['s3:GetObject', 'arn:aws:s3:::data/team/a:b/c'],
  ['s3:GetObject', 'arn:aws:s3:::data/𐐀'],
  ['s3:GetObject', 'arn:aws:s3:::data/a*'],
  ['s3:ListBucket', 'arn:aws:s3:::data'],
  ['s3:GetBucketPolicy', 'arn:aws:s3:::data'],
  ['s3:PutBucketPolicy', 'arn:aws:s3:::data'],
  ['s3:DeleteBucketPolicy', 'arn:aws:s3:::data'],
  ['s3:ListAllMyBuckets', '*'],
  ['sqs:SendMessage', `arn:aws:sqs:us-east-1:${A}:queue1`],
  ['sqs:ListQueues', '*'],
  ['dynamodb:GetItem', `arn:aws:dynamodb:us-east-1:${A}:table/t`],
  ['ec2:DescribeInstances', '*'],
  ['iam:GetUser', `arn:aws:iam::${A}:user/alice`],
  ['iam:PassRole', role],
  ['kms:Decrypt', key],
  ['kms:RetireGrant', key],
  ['kms:ListKeys', '*'],
  ['kms:CreateAlias', `arn:aws:kms:us-east-1:${A}:alias/x`],
  ['sts:AssumeRole', role],
  ['sts:AssumeRole', role],
  ['sts:AssumeRole', `arn:aws:iam::${A}:role/team/app`],
  ['sts:AssumeRole', `arn:aws:iam::${A}:role/aws-service-role/x.amazonaws.com/linked`],
  ['sts:TagSession', role],
  ['sts:TagSession', carol],
  ['sts:SetSourceIdentity', role],
  ['sts:AssumeRoleWithWebIdentity', role],
  ['sts:AssumeRoleWithSAML', role],
  ['sts:AssumeRoot', `arn:aws:iam::${A}:root`],
  ['sts:GetFederationToken', carol],
  ['sts:GetCallerIdentity', '*'],
  ['sts:GetSessionToken', '*'],
  ['sts:GetScopedCredentials', '*'],
  ['sts:DecodeAuthorizationMessage', '*'],
]

export const ACTION_PATTERNS: readonly string[] = [
  '*',
  '*',
  '*',
  's3:*',
  's3:Get*',
  'S3:getobject',
  's3:Get?bject',
  's3:Get',
  's3:G*t*',
  'sts:*',
  'sts:AssumeRole*',
  'sts:assumerole',
  'kms:*',
  'iam:*',
  'sqs:*',
  'ec2:Describe*',
  '*:GetObject',
  's3:GetObject?',
]

export const RESOURCE_PATTERNS: readonly string[] = [
  '*',
  '*',
  '*',
  'arn:aws:s3:::*',
  'arn:aws:s3:::data/*',
  'arn:aws:s3:::data/?.txt',
  'arn:aws:s3:::data/*/*:?/c',
  'arn:aws:s3:::data/?',
  'arn:aws:s3:::data/??',
  'arn:aws:s3:::Data/*',
  'arn:aws:s3:::dat?',
  'arn:aws:s3',
  'arn:aws:sqs',
  'arn:aws:sqs:*:queue1',
  'arn:aws:sqs:us-east-1',
  'arn:aws:sqs:*:*:queue*',
  'arn:aws:iam::*:role/*',
  `arn:aws:iam::${A}:*`,
  'arn:aws:kms:*:*:key/*',
  'arn:aws:*:us-east-1:*',
  'arn:aws:s3:::data/${aws:PrincipalTag/team}*',
  'arn:aws:s3:::data/${aws:principaltag/TEAM}',
  "arn:aws:s3:::data/${aws:PrincipalTag/team, 'a.txt'}",
  'arn:aws:s3:::data/a${*}',
  'arn:aws:s3:::data/${?}',
  'arn:aws:s3:::data/${aws:TagKeys}',
  'arn:aws:sqs:${aws:RequestedRegion}:*:queue1',
  'arn:aws:sqs:${aws:RequestedRegion}:*',
  `arn:aws:sqs:\${aws:RequestedRegion}:${A}`,
  '${aws:RequestTag/value}',
  'arn:aws:${aws:PrincipalTag/team}',
  'arn:aws:s3:::${aws:PrincipalTag/team}/${aws:RequestTag/value}',
  'arn:aws:s3:::data/${aws:username}',
]

/** Condition values by what an operator reads in them; those of one group are easily taken for each other. */
export const VALUES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  String: [
    ['a', 'A', 'a*', 'abc', 'a?c'],
    ['a.c', '[a]', 'a', 'abc'],
    ['', '*', '?', 'a'],
    ['team', 'Team', 'te*', 'a:b', 'a/b', 'a?b'],
    ['ΟΣ', 'ος', 'οσ', 'ΟΣΑ', 'οσα'],
    ['Σ', 'σ', 'ς', '𐐀Σ', '𐐀ς', '𐐀σ'],
    ['𐐀', '𐐨', '??', '?', '𐐀𐐨'],
    ['ß', 'ẞ', 'SS', 'ss'],
    ['K', 'k', 'K', 'ſ', 'S', 's'],
    ['İ', 'i', 'ı', 'I', 'i̇'],
  ],
  Numeric: [
    ['1', '01', '+1', '1.0', '1.', '1e0', '10e-1', '0.1e1'],
    ['1', '2', '10', '9', '-1'],
    ['0', '-0', '0.0', '.5', '5e-1', '0.5'],
    ['9007199254740993', '9007199254740992', '9007199254740993.0'],
    ['NaN', 'Infinity', '', 'ten', ' 1', '0x1', '1', '1 '],
  ],
  Date: [
    [
      '2030-01-01T00:00:00Z',
      '2030-01-01',
      '1893456000',
      '+1893456000',
      '2030-01-01T00:00:00',
      '2030-01-01T00:00Z',
      '2030-01',
    ],
    [
      '2030-01-01T02:00:00+02:00',
      '2029-12-31T22:00:00-02:00',
      '2030-01-01T00:00:00+02',
      '2030-01-01T00:00:00+0200',
      '2030-01-01',
    ],
    [
      '2030-01-01T00:00:00.0001Z',
      '2030-01-01T00:00:00.0009Z',
      '2030-01-01T00:00:00.001Z',
      '2030-01-01T00:00:00.1Z',
      '2030-01-01',
    ],
    ['2029-12-31T23:59:59Z', '2030-01-02', '-1', '0', '2030', '1970-01-01'],
    [
      'no-date',
      '',
      '2030-13-01',
      '2030-02-30',
      '2030-01-01T24:00:00Z',
      '2030-01-01 00:00:00',
      '1893456000.5',
      '2030-01-01',
    ],
  ],
  Bool: [
    ['true', 'TRUE', 'false', 'False'],
    ['yes', '', ' true ', '1', 'true', 'false'],
  ],
  Binary: [
    ['YQ==', 'Yg==', 'YQ', 'YR=='],
    ['YQ==', ''],
  ],
  Ip: [
    ['192.0.2.1', '192.0.2.0/24', '192.000.002.001', '192.0.2.5/24', '192.0.2.0/+24', '192.0.2.2/32'],
    ['192.0.2.1', '0.0.0.0/0', '203.0.113.1', '203.0.113.1/00', '::/0', '2001:db8::1'],
    ['2001:db8::1', '2001:DB8:0::0001', '2001:db8::/64', '2001:db8::5/64', '2001:db8::5', '2001:db8::/064'],
    [
      '192.0.2.1',
      '::ffff:192.0.2.1',
      '::FFFF:c000:201',
      '::ffff:192.0.2.0/120',
      '::ffff:c000:200/120',
      '192.0.2.0/24',
      '::/0',
    ],
    [
      '2001:db8:::1',
      '2001:db8::1',
      '2001:db8::/129',
      '2001:db8::/64',
      '2001:db8::192.0.2.1',
      '2001:db8::c000:201',
      '::192.0.2.1',
    ],
    ['no-ip', '', '192.0.2', '192.0.2.1/33', '3221225985', '192.0.2.1', '192.0.2.0/24', '256.0.0.1'],
  ],
  Arn: [
    [`arn:aws:iam::${A}:user/alice`, 'arn:aws:iam::*:user/*', 'arn:aws:*:user/alice', 'arn:*:iam::*:*', '*'],
    [
      `arn:aws:sns:us-east-1:${A}:a:b`,
      'arn:aws:sns:*:*:a:*',
      'arn:aws:sns:*:*:a?b',
      'arn:aws:sns:*:*:*',
      'arn:aws:sns:us-east-1:*',
    ],
    [
      'no-arn',
      '',
      'nar:aws:iam::*:user/alice',
      `arn:aws:iam::${A}:user/alice`,
      'arn:aws:iam::*:user/*',
      'arn:aws:iam::*:role/*',
    ],
    [
      `arn:aws:iam::${A}:user/alice`,
      `arn:aws:iam::${A}:user/Alice`,
      `arn:aws:iam::${B}:user/alice`,
      'arn:aws:iam::?????????????:user/alice',
    ],
  ],
  Null: [['true', 'false', 'TRUE', 'yes', '']],
}

/** Texts with variables, for operators of String and Arn. */
export const VARIABLES: readonly string[] = [
  '${aws:RequestTag/value}',
  '${aws:requesttag/VALUE}',
  '${aws:PrincipalTag/team}',
  "${aws:PrincipalTag/team, 'a'}",
  '${aws:TagKeys}',
  "${aws:TagKeys, 'a'}",
  "${aws:PrincipalTag/team,'a'}",
  '${x:key}',
  '${aws:username',
  '$a',
  'a${*}',
  '${$}',
  '${?}',
  '${aws:PrincipalTag/team}*',
  'arn:aws:iam::${aws:PrincipalAccount}:user/*',
  '${aws:username}',
]

/** Operators by what they read. */
export const OPERATOR_NAMES: Readonly<Record<string, readonly string[]>> = {
  String: [
    'StringEquals',
    'StringNotEquals',
    'StringEqualsIgnoreCase',
    'StringNotEqualsIgnoreCase',
    'StringLike',
    'StringNotLike',
  ],
  Numeric: ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'].map(
    (end) => `Numeric${end}`,
  ),
  Date: ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'].map(
    (end) => `Date${end}`,
  ),
  Bool: ['Bool'],
  Binary: ['BinaryEquals'],
  Ip: ['IpAddress', 'NotIpAddress'],
  Arn: ['ArnEquals', 'ArnLike', 'ArnNotEquals', 'ArnNotLike'],
  Null: ['Null'],
}

/** Keys of conditions; the second and third are the same key. */
export const KEYS: readonly string[] = [
  'aws:RequestTag/value',
  'aws:RequestTag/value',
  'AWS:requesttag/Value',
  'aws:PrincipalTag/team',
  'aws:TagKeys',
  'aws:TagKeys',
  'x:key',
]
