/** Validation rules beyond the corpus. Numbers are sections of policy-semantics. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkInlineQuota, significantLength } from './sizes.ts'
import { parsePolicy } from './parse.ts'
import type { ParseOptions } from './options.ts'
import type { PolicyType } from './problem.ts'

const ok = { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: '*' }
const trust = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }
const key = { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'kms:*', Resource: '*' }
const bucket = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::data/*' }

/** The text of the refusal, or `stored`. */
function save(type: PolicyType, document: unknown, options: ParseOptions = {}): string {
  const text = typeof document === 'string' ? document : JSON.stringify(document)
  const parsed = parsePolicy(text, type, options)
  return parsed.ok ? 'stored' : parsed.message
}
const one = (statement: object): object => ({ Version: '2012-10-17', Statement: statement })
const identity = (change: object): string => save('identity', one({ ...ok, ...change }))
const trusting = (change: object): string => save('trust', one({ ...trust, ...change }))
const on = (Resource: unknown): string => identity({ Resource })
const SYNTAX = 'Syntax errors in policy.'
const LEGACY = 'The policy failed legacy parsing'
const ACTIONS = 'AssumeRole policy may only specify STS AssumeRole actions.'

const cases: readonly [name: string, got: string, want: string][] = [
  ['1.1 unknown element', identity({ Foo: 1 }), SYNTAX],
  ['1.2 another date', save('identity', { Version: '2012-10-18', Statement: ok }), SYNTAX],
  ['1.2 a number as Version', save('identity', { Version: 2012, Statement: ok }), SYNTAX],
  ['1.3 list of texts', save('identity', one(['x'])), SYNTAX],
  ['1.4 wrong case of Effect', identity({ Effect: 'allow' }), LEGACY],
  [
    '1.5 empty Sids may repeat',
    save(
      'identity',
      one([
        { ...ok, Sid: '' },
        { ...ok, Sid: '' },
      ]),
    ),
    'stored',
  ],
  ['1.7 two colons', identity({ Action: 'sqs:a:b' }), 'Actions/Condition can contain only one colon.'],
  [
    '1.7 empty text',
    identity({ Action: '' }),
    'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.',
  ],
  ['1.7 blank in the name', identity({ Action: 'iam: some text ' }), 'stored'],
  ['1.7 unknown service', identity({ Action: 'nosuch:Thing' }), 'stored'],
  [
    '1.7 wildcard in the vendor',
    identity({ Action: 's*:Get*' }),
    'Action vendors (e.g., aws, ec2, etc.) must not contain wildcards.',
  ],
  ['1.8 both elements', identity({ NotResource: '*' }), SYNTAX],
  ['1.8 null in a list', on(['*', null]), 'stored'],
  ['1.8 an object in a list', on(['*', {}]), SYNTAX],
  [
    '1.8 unknown partition',
    on('arn:azure:sqs:us-east-1:111122223333:q'),
    'Partition "azure" is not valid for resource "arn:azure:sqs:us-east-1:111122223333:q".',
  ],
  ['1.8 short text', on('a:b:cadfsdf'), 'Partition "b" is not valid for resource "arn:b:cadfsdf:*:*:*".'],
  [
    '1.8 wildcard in the service',
    on('arn:aws:s*:::x'),
    'Resource vendor must be fully qualified and cannot contain regexes.',
  ],
  [
    '1.8 IAM with a Region',
    on('arn:aws:iam:us-east-1::user/x'),
    'IAM resource arn:aws:iam:us-east-1::user/x cannot contain region information.',
  ],
  ['1.8 root of an account', on('arn:aws:iam::111122223333:root'), 'stored'],
  ['1.8 empty service', on('arn:aws::::x'), LEGACY],
  ['1.10 Null with IfExists', identity({ Condition: { NullIfExists: { a: 'true' } } }), SYNTAX],
  ['1.10 operator in the wrong case', identity({ Condition: { stringequals: { a: 'b' } } }), SYNTAX],
  ['1.10 null as value', identity({ Condition: { StringEquals: { a: null } } }), SYNTAX],
  [
    '1.10 numbers and booleans as values',
    identity({ Condition: { NumericEquals: { a: 1 }, Bool: { b: [true] } } }),
    'stored',
  ],
  [
    '1.10 date in a lenient form',
    identity({ Condition: { DateEquals: { a: ['01T', '-292275054', '2016-12-13t2:00:00.593194+23'] } } }),
    'stored',
  ],
  ['1.10 thirteenth month', identity({ Condition: { DateEquals: { a: '234-13' } } }), LEGACY],
  ['1.10 ten decimals', identity({ Condition: { DateEquals: { a: '2019-07-01T13:20:15.1234567890Z' } } }), LEGACY],
  ['1.10 beyond a long', identity({ Condition: { DateEquals: { a: '9223372036854775808' } } }), LEGACY],
  ['1.10 variable under an ARN operator', identity({ Condition: { ArnLike: { a: '${aws:PrincipalArn}' } } }), 'stored'],
  ['1.11 Statement twice', save('identity', '{"Version":"2012-10-17","Statement":[],"Statement":[]}'), SYNTAX],
  [
    '1.11 an operator twice',
    save(
      'identity',
      '{"Statement":{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"Bool":{"a":"true"},"Bool":{"b":"true"}}}}',
    ),
    SYNTAX,
  ],
  ['1.12 letters up to U+00FF', on('arn:aws:s3:::Straße-é-ÿ'), 'stored'],
  ['1.12 a euro sign', on('arn:aws:s3:::€'), SYNTAX],
  [
    '1.14 malformed number in a session policy',
    save('session', one({ ...ok, Condition: { NumericEquals: { a: 'x' } } })),
    'stored',
  ],
  [
    '1.14 malformed base64 in a session policy',
    save('session', one({ ...ok, Condition: { BinaryEquals: { a: 'no-binary' } } })),
    LEGACY,
  ],
  ['1.15 legacy before actions', identity({ Effect: 'aLLow', Action: [] }), LEGACY],
  [
    '1.15 resource format before action prefix',
    identity({ Action: 's:3:x', Resource: 'sdf' }),
    'Resource sdf must be in ARN format or "*".',
  ],
  ['1.16 broken JSON', save('trust', '{'), 'This policy contains invalid Json'],
  [
    '1.16 no principal',
    save('trust', one({ Effect: 'Allow', Action: 'sts:AssumeRole' })),
    'Invalid principal in policy: com.amazon.balsa.error.InvalidPolicyException: The passed in policy has a statement with no principals!',
  ],
  ['1.16 NotResource', trusting({ NotResource: '*' }), 'Has prohibited field NotResource'],
  ['1.16 bare star as action', trusting({ Action: '*' }), ACTIONS],
  ['1.16 another case of the action', trusting({ Action: 'sts:assumerole' }), ACTIONS],
  [
    '1.16 key with two colons',
    trusting({ Condition: { StringEquals: { 'https://idp.example:sub': 'x' } } }),
    'Condition can contain only one colon.',
  ],
  [
    '1.16 role ARN with a wildcard',
    trusting({ Principal: { AWS: 'arn:aws:iam::111122223333:role/app-*' } }),
    'Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:role/app-*"',
  ],
  [
    '1.16 star as principal',
    trusting({ Principal: '*' }),
    'AssumeRolepolicy contained an invalid principal: "STAR":"*".',
  ],
  [
    '1.16 federated star',
    trusting({ Principal: { Federated: '*' }, Action: 'sts:AssumeRoleWithSAML' }),
    'Federated principals must be valid domain names or SAML metadata ARNs',
  ],
  [
    '1.16 unknown service',
    trusting({ Principal: { Service: 'not-a-service' } }),
    'Invalid principal in policy: "SERVICE":"not-a-service"',
  ],
  [
    '1.16 a role that does not exist',
    save('trust', one({ ...trust, Principal: { AWS: ['111122223333', 'arn:aws:iam::111122223333:role/nope'] } }), {
      exists: ({ value }) => value === '111122223333',
    }),
    'Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:role/nope"',
  ],
  [
    '1.13 a raised quota of trust policies',
    save('trust', one({ ...trust, Sid: 'x'.repeat(3000) }), { trustMax: 4096 }),
    'stored',
  ],
  [
    '1.17 SCP with a principal',
    save('scp', one({ ...ok, Principal: '*' })),
    'The provided policy document does not meet the requirements of the specified policy type.',
  ],
  [
    '1.17 SCP of the old date',
    save('scp', { Version: '2008-10-17', Statement: ok }),
    'The provided policy document does not meet the requirements of the specified policy type.',
  ],
  [
    '1.19 S3: principal that does not exist',
    save('s3-bucket', one({ ...bucket, Principal: { AWS: 'arn:aws:iam::111122223333:user/gone' } }), {
      exists: () => false,
    }),
    'Invalid principal in policy',
  ],
  [
    '1.19 S3: an action no bucket policy can hold',
    save('s3-bucket', one({ ...bucket, Action: 's3:CreateBucket' })),
    'Policy has invalid action',
  ],
  ['1.19 S3: a pattern of actions', save('s3-bucket', one({ ...bucket, Action: 's3:Get*' })), 'stored'],
  [
    '1.19 KMS: nobody can change the policy',
    save('kms-key', one({ ...key, Action: 'kms:Decrypt' })),
    'The new key policy will not allow you to update the key policy in the future.',
  ],
  [
    '1.19 KMS: lockout check switched off',
    save('kms-key', one({ ...key, Action: 'kms:Decrypt' }), { bypassLockoutCheck: true }),
    'stored',
  ],
  ['1.1 VPC endpoint without principal', save('vpce', one(ok)), 'Missing required field Principal'],
  [
    '1.1 queue policy without resource',
    save('resource', one({ Effect: 'Allow', Principal: '*', Action: 'sqs:*' })),
    'stored',
  ],
]
for (const [name, got, want] of cases) test(name, () => assert.equal(got, want))

test('a refusal tells its place', () => {
  const parsed = parsePolicy('{\n  "Version": "2012-10-17",\n  "Statement": [{ "Effect": "Permit" }]\n}', 'identity')
  assert.deepEqual(parsed.ok ? undefined : parsed.position, { line: 3, column: 29 })
})

test('broken JSON tells its place', () => {
  const parsed = parsePolicy('{\n  "Version": "2012-10-17"\n  "Statement": []\n}', 'managed')
  assert.deepEqual(parsed.ok ? undefined : parsed.position, { line: 3, column: 3 })
})

const lints: readonly [code: string, type: PolicyType, statement: object][] = [
  [
    'LINT.FORALLVALUES_ALLOW',
    'identity',
    { ...ok, Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': 'a' } } },
  ],
  ['LINT.MULTIVALUED_KEY', 'identity', { ...ok, Condition: { StringEquals: { 'aws:TagKeys': 'a' } } }],
  ['LINT.EMPTY_VALUES', 'identity', { ...ok, Condition: { StringEquals: { a: [] } } }],
  ['LINT.VARIABLE_POSITION', 'identity', { ...ok, Resource: 'arn:aws:sqs:*:${aws:PrincipalAccount}:*' }],
  ['LINT.OPEN_TRUST', 'trust', { ...trust, Principal: { AWS: '*' } }],
  [
    'LINT.SAML_AUD',
    'trust',
    {
      ...trust,
      Principal: { Federated: 'arn:aws:iam::111122223333:saml-provider/x' },
      Action: 'sts:AssumeRoleWithSAML',
    },
  ],
]
for (const [code, type, statement] of lints) {
  test(`finds ${code}, and says the line`, () => {
    const parsed = parsePolicy(`\n${JSON.stringify(one(statement))}`, type)
    assert.deepEqual(parsed.ok && parsed.warnings.map((warning) => [warning.code, warning.line]), [[code, 2]])
  })
}

test('nothing to find in an ordinary statement', () => {
  const guarded = { 'ForAllValues:StringEquals': { 'aws:TagKeys': 'a' }, Null: { 'aws:TagKeys': 'false' } }
  const parsed = parsePolicy(
    JSON.stringify(one({ ...ok, Resource: 'arn:aws:s3:::b/${aws:username}/*', Condition: guarded })),
    'identity',
  )
  assert.deepEqual(parsed.ok && parsed.warnings, [])
})

test('white space counts inside texts only', () => {
  assert.equal(significantLength('{ "a b" : "c\\" d" }\n'), '{"a b":"c\\" d"}'.length)
})

test('quota of inline policies', () => {
  const role = { kind: 'role', name: 'app' } as const
  assert.equal(checkInlineQuota(role, ['x'.repeat(10_240)]), undefined)
  assert.deepEqual(checkInlineQuota(role, ['x'.repeat(10_000), 'x'.repeat(241)]), {
    code: 'LimitExceeded',
    message: 'Maximum policy size of 10240 bytes exceeded for role app',
  })
})
