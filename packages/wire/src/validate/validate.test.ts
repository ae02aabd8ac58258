// Validation messages, by cases and by the recordings.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { iamModel, s3Model, stsModel } from '../model/load.ts'
import type { ServiceModel, Shape } from '../model/types.ts'
import { expressible } from '../testing/arbitrary.ts'
import { expandRecorded, readRecording } from '../testing/recordings.ts'
import type { NativeRecord, ScenarioRecord } from '../testing/recordings.ts'
import { javaPattern } from './rules.ts'
import { validate } from './validate.ts'

const MODELS = { iam: iamModel, sts: stsModel, s3: s3Model } as const

function messageOf(
  service: keyof typeof MODELS,
  name: string,
  input: Readonly<Record<string, unknown>>,
): string | undefined {
  const operation = MODELS[service]().operations.get(name)
  assert.ok(operation)
  const refused = validate(operation, input, service)
  return refused && `${refused.code}: ${refused.message}`
}

const role = { RoleArn: 'arn:aws:iam::111111111111:role/r', RoleSessionName: 'session' }
const one = 'ValidationError: 1 validation error detected: '
const PATTERN = '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]'
const cases: readonly [
  name: string,
  service: 'iam' | 'sts',
  operation: string,
  input: object,
  want: string | undefined,
][] = [
  ['good', 'sts', 'AssumeRole', role, undefined],
  [
    'missing, echoed as null',
    'sts',
    'AssumeRole',
    { RoleArn: role.RoleArn },
    `${one}Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null`,
  ],
  [
    'missing at IAM',
    'iam',
    'GetRole',
    {},
    `${one}Value at 'roleName' failed to satisfy constraint: Member must not be null`,
  ],
  [
    'number below',
    'sts',
    'AssumeRole',
    { ...role, DurationSeconds: 899 },
    `${one}Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900`,
  ],
  [
    'pattern is for the whole value',
    'sts',
    'AssumeRole',
    { ...role, RoleSessionName: 'good\n' },
    `${one}Value 'good\n' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*`,
  ],
  ['source identity of 256', 'sts', 'AssumeRole', { ...role, SourceIdentity: 'a'.repeat(256) }, undefined],
  [
    'required list sent empty at STS',
    'sts',
    'GetWebIdentityToken',
    { Audience: [], SigningAlgorithm: 'RS256' },
    `${one}Value null at 'audience' failed to satisfy constraint: Member must not be null`,
  ],
  [
    'echoed list',
    'sts',
    'GetWebIdentityToken',
    { Audience: [''], SigningAlgorithm: 'RS256' },
    `${one}Value '[]' at 'audience' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 1000, Member must have length greater than or equal to 1]`,
  ],
  [
    'empty required map is absent',
    'iam',
    'PutAccountProperties',
    { Properties: {} },
    `${one}Value at 'properties' failed to satisfy constraint: Member must not be null`,
  ],
  [
    'empty tag',
    'iam',
    'TagUser',
    { UserName: 'u', Tags: [{}] },
    "ValidationError: 2 validation errors detected: Value at 'tags.1.member.value' failed to satisfy constraint: Member must not be null; Value at 'tags.1.member.key' failed to satisfy constraint: Member must not be null",
  ],
  [
    'rules of a list of scalars',
    'iam',
    'UntagPolicy',
    { PolicyArn: 'arn:aws:iam::111111111111:policy/p', TagKeys: ['NO!'] },
    `${one}Value at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: ${PATTERN}+, Member must not be null]`,
  ],
  [
    'enum in AWS order',
    'iam',
    'SetSecurityTokenServicePreferences',
    { GlobalEndpointTokenVersion: '' },
    `${one}Value at 'globalEndpointTokenVersion' failed to satisfy constraint: Member must satisfy enum value set: [v2Token, v1Token]`,
  ],
  [
    'a name with wrong characters has its own text',
    'iam',
    'CreateRole',
    { RoleName: 'a b', AssumeRolePolicyDocument: '{}' },
    'ValidationError: The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-',
  ],
  [
    'so has a path',
    'iam',
    'CreateUser',
    { UserName: 'u', Path: '/team' },
    'ValidationError: The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.',
  ],
  [
    'and a prefix',
    'iam',
    'ListPolicies',
    { PathPrefix: '/foo' },
    'ValidationError: The specified value for pathPrefix is invalid. It must begin with the / character and contain only alphanumeric characters and/or / characters.',
  ],
  [
    'but lengths come first',
    'iam',
    'CreateUser',
    { UserName: 'u v'.repeat(30) },
    `${one}Value at 'userName' failed to satisfy constraint: Member must have length less than or equal to 64`,
  ],
]
for (const [name, service, operation, input, want] of cases)
  test(name, () => assert.equal(messageOf(service, operation, input as Readonly<Record<string, unknown>>), want))

test('at most ten violations are named', () => {
  const text = messageOf('iam', 'TagUser', { UserName: 'u', Tags: Array.from({ length: 11 }, () => ({})) })
  assert.match(text ?? '', /^ValidationError: 10 validation errors detected: /)
  assert.equal(text?.split('; ').length, 10)
})

const s3Cases: readonly [operation: string, input: object, want: string | undefined][] = [
  ['PutBucketRequestPayment', { RequestPaymentConfiguration: { Payer: 'Random' } }, 'MalformedXML'],
  ['PutBucketOwnershipControls', { OwnershipControls: { Rules: [{ ObjectOwnership: 'Other' }] } }, 'MalformedXML'],
  ['PutObjectAcl', { AccessControlPolicy: { Grants: [{ Grantee: { Type: 'BadType' } }] } }, 'MalformedACLError'],
  ['PutObject', { ACL: 'fake-acl' }, 'InvalidArgument'],
  ['CreateBucket', { ObjectOwnership: 'Random' }, 'InvalidArgument'],
  ['CreateBucket', { CreateBucketConfiguration: { LocationConstraint: 'nowhere' } }, undefined],
]
for (const [name, input, want] of s3Cases)
  test(`S3 ${name} ${JSON.stringify(input)}`, () => {
    const operation = s3Model().operations.get(name)
    assert.ok(operation)
    assert.equal(validate(operation, input as Readonly<Record<string, unknown>>, 's3')?.code, want)
  })

test('every pattern of the models compiles', () => {
  for (const model of [iamModel(), stsModel(), s3Model()]) {
    const patterns = patternsOf(model)
    for (const pattern of patterns) assert.doesNotThrow(() => javaPattern(pattern), pattern)
    assert.ok(model.service === 's3' || patterns.size > 5)
  }
})

function patternsOf(model: ServiceModel): ReadonlySet<string> {
  const patterns = new Set<string>()
  const seen = new Set<Shape>()
  const visit = (shape: Shape): void => {
    if (seen.has(shape)) return
    seen.add(shape)
    if (shape.kind === 'structure') for (const member of shape.members) visit(member.shape)
    else if (shape.kind === 'list') visit(shape.item)
    else if (shape.kind === 'map') visit(shape.value)
    else if (shape.pattern !== undefined) patterns.add(shape.pattern)
  }
  for (const operation of model.operations.values()) visit(operation.input)
  return patterns
}

const patternCases: readonly [pattern: string, text: string, fits: boolean][] = [
  ['(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)', '/a/', true],
  ['(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)', '/a/\n', false],
  ['[\\w+=,.@-]*', 'a-b', true],
  ['[\\w+=,.@-]*', 'é', false],
  ['a\\-b', 'a-b', true],
  ['[\\p{L}\\-]+', 'é-', true],
]
for (const [pattern, text, fits] of patternCases)
  test(`${pattern} and ${JSON.stringify(text)}`, () => assert.equal(javaPattern(pattern).test(text), fits))

const scenarios = readRecording('aws-recorded.json') as readonly ScenarioRecord[] | undefined
const refused = (scenarios ?? []).filter(
  ({ service, sent, recorded }) =>
    (service === 'iam' || service === 'sts') &&
    sent !== null &&
    /validation error|The specified value/.test(recorded?.error?.message ?? ''),
)

test('recorded ValidationErrors', { skip: scenarios ? false : 'no recordings beside the repository' }, () => {
  assert.ok(refused.length >= 15, `only ${refused.length}`)
  const misses = refused.flatMap((record) => {
    const got = messageOf(
      record.service as 'iam' | 'sts',
      record.operation,
      expand(record.sent) as Readonly<Record<string, unknown>>,
    )
    const want = `ValidationError: ${record.recorded?.error?.message}`
    return comparable(got) === comparable(want) ? [] : [[record.id, got, want]]
  })
  assert.deepEqual(misses, [])
})

/** One of March 2025 has no list of values. */
const comparable = (text: string | undefined) => text?.replace(/enum value set: \[[^\]]*\]/, 'enum value set')

/** Some numbers are written as text, ids as placeholders. */
function expand(value: unknown): unknown {
  const plain = expandRecorded(value)
  if (typeof plain !== 'object' || plain === null) return plain
  return Object.fromEntries(
    Object.entries(plain).map(([key, inner]) => {
      if (typeof inner === 'string' && /^\d{3,5}$/.test(inner)) return [key, Number(inner)]
      return [key, typeof inner === 'string' && /^<.*>$/.test(inner) ? 'A'.repeat(36) : inner]
    }),
  )
}

const natives = ['native-iam.json', 'native-sts.json'].flatMap(
  (name) => (readRecording(name) as { readonly records: readonly NativeRecord[] } | undefined)?.records ?? [],
)

/** The parameters of these records are not always complete, so each recorded violation must be among ours. */
test('native ValidationErrors', { skip: natives.length > 0 ? false : 'no recordings beside the repository' }, () => {
  const checked = natives.flatMap((record) => {
    const { id, call, given, answer } = record
    const operation = typeof call === 'string' ? call : call.operation
    const parameters = typeof call === 'string' ? given : call.params
    const found = /^1 validation error detected: (.*)$/s.exec(answer.message ?? '')?.[1]
    if (found === undefined || typeof parameters !== 'object' || parameters === null) return []
    const service = stsModel().operations.has(operation) ? 'sts' : 'iam'
    const got =
      messageOf(service, operation, (expressible(expand(parameters)) ?? {}) as Readonly<Record<string, unknown>>) ?? ''
    return [{ id, got, ok: got.includes(found) }]
  })
  assert.ok(checked.length >= 15, `only ${checked.length}`)
  assert.deepEqual(
    checked.filter(({ ok }) => !ok),
    [],
  )
})
