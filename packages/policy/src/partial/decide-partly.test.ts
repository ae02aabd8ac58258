import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { compilePolicy } from '../compile.ts'
import { requestContext } from '../context-keys.ts'
import { decide } from '../decision/decide.ts'
import type { AttachedPolicy, ContextValue, PolicySet, RequestContext } from '../types.ts'
import { decidePartly } from './decide-partly.ts'
import type { Openness } from './open-statements.ts'

const A = '111111111111'
const policy = (...statements: readonly object[]): AttachedPolicy => ({
  name: 'p',
  policy: compilePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements })),
})
const statement = (Effect: string, Condition: object = {}, Resource = '*') => ({
  Effect,
  Action: 's3:GetObject',
  Resource,
  Condition,
})
const request: RequestContext = {
  principal: { kind: 'user', accountId: A, arn: `arn:aws:iam::${A}:user/u`, userId: 'AIDAU' },
  action: 's3:GetObject',
  resource: 'arn:aws:s3:::b/k',
  resourceAccount: A,
  context: requestContext({ 'k:fixed': 'f' }),
}
const openness: Openness = (key) =>
  key === 'k:fixed' || key === 'k:absent' ? 'fixed' : key === 'k:there' ? 'present' : 'any'

const cases: readonly (readonly [name: string, identity: readonly object[], want: string])[] = [
  ['no condition', [statement('Allow')], 'allowed'],
  ['nothing allows', [], 'denied'],
  ['an open key', [statement('Allow', { StringEquals: { 'k:Open': 'a' } })], 'depends k:Open'],
  ['a fixed key', [statement('Allow', { StringEquals: { 'k:fixed': 'f' } })], 'allowed'],
  [
    'a fixed key that fails settles it',
    [statement('Allow', { StringEquals: { 'k:fixed': 'g', 'k:o': 'a' } })],
    'denied',
  ],
  ['a key known to be absent', [statement('Allow', { StringNotEquals: { 'k:absent': 'g' } })], 'allowed'],
  ['a deny settles it', [statement('Allow', { StringEquals: { 'k:o': 'a' } }), statement('Deny')], 'denied'],
  ['an open deny', [statement('Allow'), statement('Deny', { Bool: { 'k:o': 'true' } })], 'depends k:o'],
  [
    'two halves of one key',
    [statement('Allow', { StringEquals: { 'k:o': 'a' } }), statement('Allow', { StringNotEquals: { 'k:o': 'a' } })],
    'allowed',
  ],
  [
    'an allow and a deny that exclude each other',
    [statement('Allow', { StringEquals: { 'k:o': 'a' } }), statement('Deny', { StringEquals: { 'k:o': ['a', 'b'] } })],
    'denied',
  ],
  ['a key that is there always', [statement('Allow', { Null: { 'k:there': 'false' } })], 'allowed'],
  ['a key that need not be', [statement('Allow', { Null: { 'k:o': 'false' } })], 'depends k:o'],
  [
    'only the key that turns the answer is named',
    [
      statement('Allow'),
      statement('Deny', { StringEquals: { 'k:o': 'a' } }),
      statement('Allow', { Bool: { 'k:p': 'true' } }),
    ],
    'depends k:o',
  ],
  [
    'numbers',
    [
      statement('Allow', { NumericLessThan: { 'k:there': '5' } }),
      statement('Allow', { NumericGreaterThanEquals: { 'k:there': '5' } }),
    ],
    'depends k:there',
  ],
  ['a variable in the resource', [statement('Allow', {}, 'arn:aws:s3:::b/${k:o}')], 'depends k:o'],
  ['a variable behind another prefix', [statement('Allow', {}, 'arn:aws:s3:::other/${k:o}')], 'denied'],
  [
    'a multivalued key',
    [statement('Allow', { 'ForAnyValue:StringEquals': { 'aws:TagKeys': 'a' } })],
    'depends aws:TagKeys',
  ],
]
for (const [name, identity, want] of cases)
  test(name, () => {
    const { outcome, keys } = decidePartly(request, { identity: [policy(...identity)] }, openness)
    assert.equal([outcome, ...keys].join(' '), want)
  })

test('the example allows', () => {
  const set: PolicySet = {
    identity: [policy(statement('Allow', { StringEquals: { 'k:o': 'a' }, Bool: { 'k:p': 'true' } }))],
  }
  const { allowedWith } = decidePartly(request, set, openness)
  assert.deepEqual(allowedWith, { 'k:o': 'a', 'k:p': 'true' })
})

test('many keys are not tried one by one', () => {
  const keys = Array.from({ length: 40 }, (_, index) => `k:o${index}`)
  const set: PolicySet = {
    identity: [policy(...keys.map((key) => statement('Allow', { StringEquals: { [key]: 'a' } })))],
  }
  assert.equal(decidePartly(request, set, openness).keys.length, 40)
})

const conditionOf = fc
  .tuple(
    fc.constantFrom(
      'StringEquals',
      'StringNotEquals',
      'StringLike',
      'StringNotLike',
      'StringEqualsIfExists',
      'Bool',
      'Null',
      'NumericLessThan',
      'NumericGreaterThanEquals',
      'ForAllValues:StringEquals',
      'ForAnyValue:StringLike',
    ),
    fc.constantFrom('k:o', 'k:p', 'k:there', 'k:fixed', 'k:absent', 'aws:TagKeys'),
    fc.uniqueArray(fc.constantFrom('a', 'b', 'a*', 'true', 'false', '1', '2', 'f', '${k:p}'), {
      minLength: 1,
      maxLength: 2,
    }),
  )
  .map(([operator, key, values]) => ({ [operator]: { [key]: values } }))
const statementOf = fc
  .tuple(
    fc.constantFrom('Allow', 'Allow', 'Deny'),
    fc.option(conditionOf, { nil: {} }),
    fc.constantFrom('*', 'arn:aws:s3:::b/*', 'arn:aws:s3:::b/${k:o}'),
  )
  .map(([effect, condition, resource]) => statement(effect, condition, resource))
const policyOf = fc.array(statementOf, { minLength: 1, maxLength: 3 }).map((statements) => policy(...statements))
const setOf: fc.Arbitrary<PolicySet> = fc.record({
  identity: fc.array(policyOf, { maxLength: 2 }),
  boundary: fc.option(policyOf, { nil: undefined }),
  scp: fc.option(fc.array(fc.array(policyOf, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 2 }), {
    nil: undefined,
  }),
})
const single = fc.constantFrom('a', 'b', 'ab', 'k', 'true', 'false', '1', '1.5', '2', '3', 'f', 'zz')
const valuesOf = fc.record({
  'k:o': fc.option(single, { nil: undefined }),
  'k:p': fc.option(single, { nil: undefined }),
  'k:there': single,
  'aws:TagKeys': fc.option(fc.uniqueArray(single, { minLength: 1, maxLength: 3 }), { nil: undefined }),
})

test('what is settled holds whatever the open keys hold, and examples allow', () => {
  let settled = 0
  let examples = 0
  fc.assert(
    fc.property(setOf, fc.array(valuesOf, { minLength: 5, maxLength: 5 }), (set, assignments) => {
      const { outcome, allowedWith } = decidePartly(request, set, openness)
      const effectOf = (values: Readonly<Record<string, ContextValue | undefined>>) => {
        const given = Object.entries(values).flatMap(([key, value]) =>
          value === undefined ? [] : [[key, value] as const],
        )
        const context = new Map([...request.context, ...requestContext(given)])
        return decide({ ...request, context }, set).effect
      }
      if (outcome === 'depends') {
        if (allowedWith) assert.equal(effectOf({ 'k:there': 'some-other-value', ...allowedWith }), 'Allow')
        examples += allowedWith ? 1 : 0
        return
      }
      settled++
      for (const values of assignments) assert.equal(effectOf(values), outcome === 'allowed' ? 'Allow' : 'Deny')
    }),
    { numRuns: Number(process.env['UNDERSTUDY_PARTIAL_RUNS'] ?? 3000) },
  )
  assert.ok(settled > 500 && examples > 100, `${settled} settled, ${examples} examples`)
})
