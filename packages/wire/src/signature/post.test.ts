import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { hmacHex, signingKey } from './hash.ts'
import { readPostCredentials, verifyPost } from './post-form.ts'
import type { FormFields } from './post-form.ts'
import { checkPostPolicy, checkPostSize } from './post-policy.ts'
import { NOW, S3_KEY, lineOf } from './testing.ts'
import { hmacSha1 } from './v2.ts'
import { signV4aText } from './v4a.ts'

const BUCKET = 'bucket'
const SECRET = S3_KEY.secretAccessKey
const base64 = (document: unknown) => Buffer.from(JSON.stringify(document)).toString('base64')
const policyOf = (conditions: readonly unknown[], expiration = '2026-03-01T13:00:00Z') =>
  base64({ expiration, conditions })

function v4Form(conditions: readonly unknown[], fields: FormFields = [], expiration?: string): FormFields {
  const credential = `${S3_KEY.accessKeyId}/20260301/us-east-1/s3/aws4_request`
  const own = [
    { 'x-amz-algorithm': 'AWS4-HMAC-SHA256' },
    { 'x-amz-credential': credential },
    { 'x-amz-date': '20260301T120000Z' },
  ]
  const policy = policyOf([...conditions, ...own], expiration)
  const signature = hmacHex(signingKey(SECRET, '20260301', 'us-east-1', 's3'), policy)
  const signing: FormFields = own.flatMap((field) => Object.entries(field))
  return [...fields, ...signing, ['policy', policy], ['x-amz-signature', signature]]
}

const key = { key: 'the-key' }
const keyField: FormFields = [['key', 'the-key']]

function v2Form(conditions: readonly unknown[], fields: FormFields): FormFields {
  const policy = policyOf(conditions)
  return [
    ...fields,
    ['AWSAccessKeyId', S3_KEY.accessKeyId],
    ['policy', policy],
    ['signature', hmacSha1(SECRET, policy)],
  ]
}

function credentialsOf(fields: FormFields) {
  const read = readPostCredentials(fields)
  assert.ok(read.ok && read.kind === 'signed', JSON.stringify(read))
  return read.credentials
}
const without = (fields: FormFields, ...names: string[]) => fields.filter(([name]) => !names.includes(name))
const replace = (fields: FormFields, name: string, value: string): FormFields =>
  fields.map((field) => (field[0] === name ? [name, value] : field))

const v4 = v4Form([key], keyField)
const v2 = v2Form([key], keyField)
const missing = (name: string) =>
  `400 InvalidArgument Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields. [ArgumentName=${name}] [ArgumentValue=]`

const reads: readonly [name: string, fields: FormFields, want: string][] = [
  ['version 4', v4, 'v4'],
  ['version 2', v2, 'v2'],
  ['names in another case', v4.map(([name, value]) => [name.toUpperCase(), value]), 'v4'],
  ['no signature at all', [...keyField, ['policy', 'cG9saWN5']], 'none'],
  ['no algorithm and no credential', without(v4, 'x-amz-algorithm', 'x-amz-credential'), missing('X-Amz-Algorithm')],
  ['no credential', without(v4, 'x-amz-credential'), missing('X-Amz-Credential')],
  ['no date', without(v4, 'x-amz-date'), missing('X-Amz-Date')],
  ['no signature', without(v4, 'x-amz-signature'), missing('X-Amz-Signature')],
  ['no policy', without(v4, 'policy'), missing('policy')],
  ['no AWSAccessKeyId', without(v2, 'AWSAccessKeyId'), missing('AWSAccessKeyId')],
  ['no version 2 signature', without(v2, 'signature'), missing('signature')],
  [
    'another algorithm',
    replace(v4, 'x-amz-algorithm', 'x'),
    '400 AuthorizationQueryParametersError X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"',
  ],
  [
    'a bad credential',
    replace(v4, 'x-amz-credential', 'x'),
    '400 AuthorizationQueryParametersError Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
  ],
  [
    'a bad date',
    replace(v4, 'x-amz-date', 'x'),
    `400 AuthorizationQueryParametersError X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`,
  ],
]
for (const [name, fields, want] of reads) {
  test(`a form with ${name}`, () => {
    const read = readPostCredentials(fields)
    assert.equal(read.ok ? (read.kind === 'none' ? 'none' : read.credentials.version) : lineOf(read), want)
  })
}

test('the signature over the policy', () => {
  for (const fields of [v4, v2]) {
    const credentials = credentialsOf(fields)
    assert.equal(lineOf(verifyPost({ fields, credentials, key: SECRET })), 'ok')
    const other = replace(fields, 'policy', policyOf([]))
    const refused = verifyPost({ fields: other, credentials, key: SECRET })
    assert.ok(!refused.ok)
    assert.deepEqual(
      refused.fields.map(([name]) => name),
      ['AWSAccessKeyId', 'StringToSign', 'SignatureProvided', 'StringToSignBytes'],
    )
    assert.ok(!verifyPost({ fields, credentials, key: 'another' }).ok)
  }
})
test('a form signed with version 4A', () => {
  const policy = policyOf([key])
  const fields: FormFields = [
    ['x-amz-algorithm', 'AWS4-ECDSA-P256-SHA256'],
    ['x-amz-credential', `${S3_KEY.accessKeyId}/20260301/s3/aws4_request`],
    ['x-amz-date', '20260301T120000Z'],
    ['policy', policy],
    ['x-amz-signature', signV4aText(SECRET, S3_KEY.accessKeyId, policy)],
  ]
  const credentials = credentialsOf(fields)
  assert.equal(lineOf(verifyPost({ fields, credentials, key: SECRET })), 'ok')
  assert.ok(!verifyPost({ fields, credentials, key: 'another' }).ok)
})

const failed = (condition: string) =>
  `403 AccessDenied Invalid according to Policy: Policy Condition failed: ${condition}`
const extra = (names: string) => `403 AccessDenied Invalid according to Policy: Extra input fields: ${names}`
const invalid = (text: string) => `400 InvalidPolicyDocument Invalid Policy: ${text}`
const redirect: FormFields = [...keyField, ['success_action_redirect', 'http://localhost.test/random']]
const rule = (...list: unknown[]) => [key, list]

const policies: readonly [name: string, fields: FormFields, want: string][] = [
  ['nothing else', v4, 'ok'],
  ['version 2 fields, which need no condition', v2, 'ok'],
  ['the bucket', v4Form([key, { bucket: BUCKET }], keyField), 'ok'],
  ['another bucket', v4Form([key, { bucket: 'other' }], keyField), failed('["eq", "$bucket", "other"]')],
  ['a value', v4Form(rule('eq', '$success_action_redirect', 'http://localhost.test/random'), redirect), 'ok'],
  [
    'another value',
    v4Form(rule('eq', '$success_action_redirect', 'HTTP://localhost.test/random'), redirect),
    failed('["eq", "$success_action_redirect", "HTTP://localhost.test/random"]'),
  ],
  [
    'a field name without $',
    v4Form(rule('eq', 'success_action_redirect', 'http://localhost.test/random'), redirect),
    failed('["eq", "success_action_redirect", "http://localhost.test/random"]'),
  ],
  ['a beginning', v4Form(rule('starts-with', '$success_action_redirect', 'http://localhost'), redirect), 'ok'],
  ['an empty beginning', v4Form(rule('starts-with', '$success_action_redirect', ''), redirect), 'ok'],
  [
    'another beginning',
    v4Form(rule('starts-with', '$success_action_redirect', 'https:'), redirect),
    failed('["starts-with", "$success_action_redirect", "https:"]'),
  ],
  [
    'names in another case',
    v4Form(rule('eq', '$content-type', 'text/plain'), [...keyField, ['Content-Type', 'text/plain']]),
    'ok',
  ],
  ['a field that is missing', v4Form(rule('eq', '$acl', 'private'), keyField), failed('["eq", "$acl", "private"]')],
  [
    'a field sent twice with two values',
    v4Form([key], [...keyField, ['Key', 'other']]),
    failed('["eq", "$key", "the-key"]'),
  ],
  ['a field without a condition', v4Form([key], redirect), extra('success_action_redirect')],
  ['two fields without a condition', v4Form([], redirect), extra('key, success_action_redirect')],
  ['an ignored field', v4Form([key], [...keyField, ['x-ignore-me', '1']]), 'ok'],
  [
    'a session token without a condition',
    v4Form([key], [...keyField, ['x-amz-security-token', 't']]),
    extra('x-amz-security-token'),
  ],
  [
    'two properties in a simple condition',
    v4Form([{ bucket: BUCKET, key: 'the-key' }], keyField),
    invalid('Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.'),
  ],
  [
    'a simple condition that is no text',
    v4Form([{ key: 1 }], keyField),
    invalid('Invalid Simple-Condition: value must be a string.'),
  ],
  [
    'an unknown operation',
    v4Form(rule('matches', '$key', 'x'), keyField),
    invalid("Invalid Condition: unknown operation 'matches'."),
  ],
  ['too few arguments', v4Form(rule('eq', '$key'), keyField), invalid('Invalid Condition: wrong number of arguments.')],
  [
    'arguments that are no texts',
    v4Form(rule('eq', '$key', 1), keyField),
    invalid('Invalid Condition: arguments must be strings.'),
  ],
  ['a size range', v4Form(rule('content-length-range', 5, 10), keyField), 'ok 5-10'],
  ['a size range of texts', v4Form(rule('content-length-range', '5', '10'), keyField), 'ok 5-10'],
  [
    'two size ranges',
    v4Form([key, ['content-length-range', 0, 8], ['content-length-range', 5, 10]], keyField),
    'ok 5-8',
  ],
  [
    'a size range of words',
    v4Form(rule('content-length-range', 'test', '10'), keyField),
    failed('["content-length-range", "test", "10"]'),
  ],
  [
    'an expiration that has passed',
    v4Form([key], keyField, '2026-03-01T12:00:00Z'),
    '403 AccessDenied Invalid according to Policy: Policy expired.',
  ],
  [
    'an expiration that is no time',
    v4Form([key], keyField, 'tomorrow'),
    invalid("Invalid 'expiration' value: 'tomorrow'"),
  ],
  ['no expiration', replace(v4, 'policy', base64({ conditions: [] })), invalid('Policy missing expiration.')],
  [
    'no conditions',
    replace(v4, 'policy', base64({ expiration: '2026-03-01T13:00:00Z' })),
    invalid('Policy missing conditions.'),
  ],
  ['no JSON', replace(v4, 'policy', 'BASE64POLI'), invalid('Invalid JSON.')],
]
for (const [name, fields, want] of policies) {
  test(`a policy with ${name}`, () => {
    const checked = checkPostPolicy({ fields, bucket: BUCKET, now: NOW })
    const size = checked.ok && checked.size ? ` ${checked.size.min}-${checked.size.max}` : ''
    assert.equal(`${lineOf(checked)}${size}`, want)
  })
}

const sizes: readonly [bytes: number, want: string][] = [
  [
    4,
    '400 EntityTooSmall Your proposed upload is smaller than the minimum allowed size [ProposedSize=4] [MinSizeAllowed=5]',
  ],
  [5, 'ok'],
  [10, 'ok'],
  [
    12,
    '400 EntityTooLarge Your proposed upload exceeds the maximum allowed size [ProposedSize=12] [MaxSizeAllowed=10]',
  ],
]
for (const [bytes, want] of sizes) {
  test(`a file of ${bytes} bytes where 5 to 10 are allowed`, () => {
    assert.equal(lineOf(checkPostSize({ min: 5, max: 10 }, bytes)), want)
  })
}
