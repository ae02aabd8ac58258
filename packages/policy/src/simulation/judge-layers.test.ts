import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePolicy } from '../compile.ts'
import { requestContext } from '../context-keys.ts'
import { explain } from '../decision/explain.ts'
import type { AttachedPolicy, PolicySet, RequestContext } from '../types.ts'
import { asSimulated } from './as-simulated.ts'
import { askedKeys } from './asked-keys.ts'
import { judgeLayers } from './judge-layers.ts'
import { statementSpans } from './spans.ts'

const A = '111111111111'
const policy = (name: string, ...statements: readonly object[]): AttachedPolicy => ({
  name,
  policy: compilePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements })),
})
const of = (Effect: string, Action: string, Resource = '*') => ({ Effect, Action, Resource })
const request: RequestContext = {
  principal: { kind: 'user', accountId: A, arn: `arn:aws:iam::${A}:user/u`, userId: 'AIDAU' },
  action: 's3:GetObject',
  resource: 'arn:aws:s3:::b/k',
  resourceAccount: A,
  context: requestContext({}),
}

const sets: readonly (readonly [name: string, set: PolicySet])[] = [
  ['nothing', { identity: [] }],
  ['an allow and a deny', { identity: [policy('i', of('Allow', 's3:*'), of('Deny', 's3:Get*'))] }],
  [
    'every layer',
    {
      identity: [policy('i', of('Allow', 's3:*'))],
      boundary: policy('b', of('Allow', 'ec2:*')),
      scp: [
        [policy('s', of('Allow', '*'))],
        [policy('t', of('Allow', '*'), of('Deny', 's3:*', 'arn:aws:s3:::other/*'))],
      ],
      resource: policy('r', { ...of('Allow', 's3:GetObject'), Principal: { AWS: A } }),
      session: [policy('n', of('Deny', 's3:*'))],
    },
  ],
]
for (const [name, set] of sets)
  test(`layers are judged as explanations judge them: ${name}`, () => {
    const told = explain(request, set).layers.map(({ layer, verdict, statements }) => ({
      layer,
      verdict,
      matched: statements
        .filter(({ matched }) => matched)
        .map((one) => `${one.policy} ${one.index} ${one.effect}`)
        .toSorted(),
    }))
    const judged = judgeLayers(request, set).layers.map(({ matched, ...layer }) => ({
      ...layer,
      matched: matched.map((one) => `${one.policy} ${one.index} ${one.effect}`).toSorted(),
    }))
    assert.deepEqual(judged, told)
  })

test('what is settled before policies', () => {
  assert.deepEqual(judgeLayers({ ...request, action: 'sts:GetCallerIdentity' }, { identity: [] }), {
    early: 'Allow',
    layers: [],
  })
})

const spans: readonly (readonly [text: string, want: readonly (readonly number[])[]])[] = [
  ['{"Statement":{"Effect":"Allow"}}', [[1, 15, 1, 32]]],
  [
    '{"Statement":[{"a":"}"},{"b":["]"]}]}',
    [
      [1, 15, 1, 24],
      [1, 24, 1, 36],
    ],
  ],
  ['{"Statement":[\n {"a":"\\"}"}\n]}', [[1, 15, 2, 13]]],
  ['{"Statement":[]}', []],
  ['{', []],
]
for (const [text, want] of spans)
  test(`spans of ${JSON.stringify(text)}`, () =>
    assert.deepEqual(
      statementSpans(text).map(({ start, end }) => [start.line, start.column, end.line, end.column]),
      want,
    ))

test('keys that a document asks about, each spelling once', () => {
  const statement = {
    Resource: ['arn:aws:s3:::${aws:username}/*', "${s:default, 'x'}", '${*}'],
    Condition: { StringEquals: { 'A:b': '${c:d}', 'a:b': 'x' }, StringLike: { 'A:b': 'y' } },
  }
  const text = (Version: string) => JSON.stringify({ Version, Statement: statement })
  assert.deepEqual(askedKeys(text('2012-10-17')), ['aws:username', 'A:b', 'c:d', 'a:b'])
  assert.deepEqual(askedKeys(text('2008-10-17')), ['A:b', 'a:b'])
  assert.deepEqual(askedKeys('nonsense'), [])
})

test('values that cannot be read', () => {
  const holds = (condition: object, value: string): readonly boolean[] => {
    const made = policy('p', { ...of('Allow', 's3:*'), Condition: condition })
    const context = requestContext({ 'k:v': value })
    return [made, { ...made, policy: asSimulated(made.policy) }].map(
      (identity) => judgeLayers({ ...request, context }, { identity: [identity] }).layers[0]?.verdict === 'allowed',
    )
  }
  assert.deepEqual(holds({ NumericNotEquals: { 'k:v': '1' } }, 'x'), [true, false])
  assert.deepEqual(holds({ NumericNotEquals: { 'k:v': '1' } }, '2'), [true, true])
  assert.deepEqual(holds({ NotIpAddress: { 'k:v': 'x' } }, '192.0.2.1'), [true, false])
  assert.deepEqual(holds({ NotIpAddress: { 'k:v': '198.51.100.0/24' } }, '192.0.2.1'), [true, true])
})
