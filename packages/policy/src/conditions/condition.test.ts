/** Conditions by operator, state of the key (absent, empty, one value, several) and prefix: one line a case. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestContext } from '../context-keys.ts'
import type { ContextValue } from '../types.ts'
import { compileCondition, judgeCondition, wantedValues } from './condition.ts'
import { readOperatorName, type Outcome } from './operators.ts'

const ABSENT = undefined
type Row = readonly [operator: string, key: string, wanted: readonly string[], got: ContextValue | undefined, Outcome]

const one = 'aws:userid'
const many = 'aws:TagKeys'
const arn = 'arn:aws:iam::111122223333:role/app'

const rows: readonly Row[] = [
  ['StringEquals', one, ['a', 'b'], 'b', 'yes'],
  ['StringEquals', one, ['a', 'b'], 'B', 'no'],
  ['StringEquals', one, ['a*'], 'ab', 'no'],
  ['StringEquals', one, ['a'], ABSENT, 'no'],
  ['StringEquals', one, [], 'a', 'no'],
  ['StringEquals', one, [''], '', 'yes'],
  ['StringNotEquals', one, ['a', 'b'], 'b', 'no'],
  ['StringNotEquals', one, ['a', 'b'], 'c', 'yes'],
  ['StringNotEquals', one, ['a'], ABSENT, 'yes'],
  ['StringNotEquals', one, [], ABSENT, 'no'],
  ['StringNotEquals', one, [], 'a', 'no'],
  ['StringEqualsIgnoreCase', one, ['Ab'], 'aB', 'yes'],
  ['StringEqualsIgnoreCase', one, ['Ab'], 'ac', 'no'],
  ['StringNotEqualsIgnoreCase', one, ['Ab'], 'aB', 'no'],
  ['StringNotEqualsIgnoreCase', one, ['Ab'], 'ac', 'yes'],
  ['StringLike', one, ['a?c*'], 'abcd', 'yes'],
  ['StringLike', one, ['a?c*'], 'ac', 'no'],
  ['StringNotLike', one, ['a*'], 'ab', 'no'],
  ['StringNotLike', one, ['a*'], 'b', 'yes'],
  ['NumericEquals', one, ['1.0'], '1', 'yes'],
  ['NumericEquals', one, ['1'], '2', 'no'],
  ['NumericEquals', one, ['x', '1'], '1', 'yes'],
  ['NumericEquals', one, ['1'], 'x', 'no'],
  ['NumericNotEquals', one, ['1'], '1', 'no'],
  ['NumericNotEquals', one, ['1'], '2', 'yes'],
  ['NumericNotEquals', one, ['1'], 'x', 'yes'],
  ['NumericLessThan', one, ['5'], '4', 'yes'],
  ['NumericLessThan', one, ['5'], '5', 'no'],
  ['NumericLessThanEquals', one, ['5'], '5', 'yes'],
  ['NumericLessThanEquals', one, ['5'], '6', 'no'],
  ['NumericGreaterThan', one, ['5'], '6', 'yes'],
  ['NumericGreaterThan', one, ['5'], '5', 'no'],
  ['NumericGreaterThanEquals', one, ['5'], '5', 'yes'],
  ['NumericGreaterThanEquals', one, ['5'], '4', 'no'],
  ['NumericLessThan', one, ['5'], ABSENT, 'no'],
  ['DateEquals', one, ['2026-01-01'], '2026-01-01T00:00:00Z', 'yes'],
  ['DateEquals', one, ['2026-01-01'], '2026-01-02', 'no'],
  ['DateNotEquals', one, ['2026-01-01'], '2026-01-01T00:00:00Z', 'no'],
  ['DateNotEquals', one, ['2026-01-01'], '2026-01-02', 'yes'],
  ['DateLessThan', one, ['2026-01-02'], '2026-01-01', 'yes'],
  ['DateLessThan', one, ['2026-01-02'], '2026-01-02', 'no'],
  ['DateLessThanEquals', one, ['2026-01-02'], '2026-01-02', 'yes'],
  ['DateLessThanEquals', one, ['2026-01-02'], '2026-01-03', 'no'],
  ['DateGreaterThan', one, ['2026-01-02'], '2026-01-03', 'yes'],
  ['DateGreaterThan', one, ['2026-01-02'], '2026-01-02', 'no'],
  ['DateGreaterThanEquals', one, ['2026-01-02'], '2026-01-02', 'yes'],
  ['DateGreaterThanEquals', one, ['2026-01-02'], '2026-01-01', 'no'],
  ['Bool', one, ['true'], 'TRUE', 'yes'],
  ['Bool', one, ['true'], 'false', 'no'],
  ['Bool', one, ['false'], 'x', 'yes'],
  ['Bool', one, ['true'], ' true', 'no'],
  ['Bool', one, ['false'], ABSENT, 'no'],
  ['BinaryEquals', one, ['aGk='], 'aGk=', 'yes'],
  ['BinaryEquals', one, ['aGk='], 'aGk', 'no'],
  ['IpAddress', one, ['10.0.0.0/8'], '10.1.1.1', 'yes'],
  ['IpAddress', one, ['10.0.0.0/8'], '11.1.1.1', 'no'],
  ['IpAddress', one, ['x', '10.0.0.0/8'], '10.1.1.1', 'yes'],
  ['NotIpAddress', one, ['10.0.0.0/8'], '10.1.1.1', 'no'],
  ['NotIpAddress', one, ['10.0.0.0/8'], '11.1.1.1', 'yes'],
  ['NotIpAddress', one, ['10.0.0.0/8'], 'x', 'no'],
  ['NotIpAddress', one, ['10.0.0.0/8'], ABSENT, 'yes'],
  ['ArnEquals', one, ['arn:aws:iam::*:role/*'], arn, 'yes'],
  ['ArnLike', one, ['arn:aws:iam::*:user/*'], arn, 'no'],
  ['ArnNotEquals', one, ['arn:aws:iam::*:role/*'], arn, 'no'],
  ['ArnNotLike', one, ['arn:aws:iam::*:user/*'], arn, 'yes'],
  ['ArnNotLike', one, ['arn:aws:iam::*:user/*'], 'x', 'no'],
  ['ArnLike', one, ['role/*'], arn, 'void'],
  ['ArnNotLike', one, ['role/*'], arn, 'void'],
  ['ArnLike', one, [arn, 'role/*'], arn, 'yes'],
  ['ArnLike', one, ['*'], arn, 'yes'],
  ['ArnLike', one, [':a:b:c:d:e'], arn, 'no'],
  // A key of several values under an operator without prefix matches nothing.
  ['StringEquals', many, ['a'], ['a'], 'no'],
  ['StringEquals', many, ['a'], 'a', 'no'],
  ['StringNotEquals', many, ['a'], ['b'], 'no'],
  ['StringEquals', one, ['a'], ['a'], 'no'],
  ['StringNotEquals', many, ['a'], ABSENT, 'yes'],
  // Empty is absent.
  ['StringEquals', many, ['a'], [], 'no'],
  ['ForAllValues:StringEquals', many, ['a'], [], 'yes'],
  ['ForAnyValue:StringEquals', many, ['a'], [], 'no'],
  ['ForAllValues:StringEquals', many, ['a'], ABSENT, 'yes'],
  ['ForAllValues:StringEquals', many, [], ABSENT, 'yes'],
  ['ForAnyValue:StringEquals', many, ['a'], ABSENT, 'no'],
  ['ForAnyValue:StringNotEquals', many, ['a'], ABSENT, 'no'],
  ['ForAllValues:StringEquals', many, ['a', 'b'], ['a', 'b'], 'yes'],
  ['ForAllValues:StringEquals', many, ['a', 'b'], ['a', 'c'], 'no'],
  ['ForAllValues:StringEquals', many, ['a'], 'a', 'yes'],
  ['ForAllValues:StringEquals', many, ['a'], 'b', 'no'],
  ['ForAllValues:StringEquals', many, [], ['a'], 'no'],
  ['ForAnyValue:StringEquals', many, ['a', 'b'], ['x', 'b'], 'yes'],
  ['ForAnyValue:StringEquals', many, ['a', 'b'], ['x', 'y'], 'no'],
  ['ForAnyValue:StringEquals', many, ['a'], 'a', 'yes'],
  ['ForAllValues:StringNotEquals', many, ['a'], ['b', 'c'], 'yes'],
  ['ForAllValues:StringNotEquals', many, ['a'], ['b', 'a'], 'no'],
  ['ForAnyValue:StringNotEquals', many, ['a'], ['a', 'b'], 'yes'],
  ['ForAnyValue:StringNotEquals', many, ['a'], ['a'], 'no'],
  ['ForAllValues:ArnLike', many, ['role/*'], [arn], 'void'],
  ['ForAllValues:ArnLike', many, ['role/*'], [arn, 'x'], 'no'],
  ['ForAnyValue:ArnLike', many, ['role/*'], [arn, 'x'], 'void'],
  ['ForAnyValue:ArnLike', many, ['arn:aws:iam::*:role/*', 'x'], ['x', arn], 'yes'],
  ['StringEqualsIfExists', one, ['a'], ABSENT, 'yes'],
  ['StringEqualsIfExists', one, ['a'], 'b', 'no'],
  ['StringEqualsIfExists', one, ['a'], 'a', 'yes'],
  ['ForAnyValue:StringEqualsIfExists', many, ['a'], ABSENT, 'yes'],
  ['ForAnyValue:StringEqualsIfExists', many, ['a'], ['b'], 'no'],
  ['Null', one, ['true'], ABSENT, 'yes'],
  ['Null', one, ['true'], 'a', 'no'],
  ['Null', one, ['false'], 'a', 'yes'],
  ['Null', one, ['false'], ABSENT, 'no'],
  ['Null', one, ['true'], '', 'no'],
  ['Null', one, ['true', 'false'], 'a', 'yes'],
  ['Null', one, [], ABSENT, 'no'],
  ['Null', many, ['true'], [], 'yes'],
  ['ForAllValues:Null', many, ['false'], ABSENT, 'yes'],
  ['ForAllValues:Null', many, ['true'], ABSENT, 'yes'],
  ['ForAllValues:Null', many, ['false'], ['a'], 'yes'],
  ['ForAllValues:Null', many, ['true'], ['a'], 'no'],
  ['ForAnyValue:Null', many, ['true'], ABSENT, 'no'],
  ['ForAnyValue:Null', many, ['false'], ABSENT, 'no'],
  ['ForAnyValue:Null', many, ['false'], ['a'], 'yes'],
  // Variables: under string and ARN operators only; an unresolved one equals nothing.
  ['StringEquals', one, ['${aws:username}'], 'alice', 'yes'],
  ['StringEquals', one, ['${aws:username}'], '${aws:username}', 'no'],
  ['StringEquals', one, ['${aws:PrincipalTag/no}'], '', 'no'],
  ['StringEquals', one, ['x', '${aws:PrincipalTag/no}'], 'x', 'no'],
  ['StringNotEquals', one, ['${aws:PrincipalTag/no}'], 'x', 'yes'],
  ['StringNotEquals', one, ['x', '${aws:PrincipalTag/no}'], 'x', 'no'],
  ['StringLike', one, ['${aws:username}*'], 'alice2', 'yes'],
  ['StringLike', one, ['${*}'], 'x', 'no'],
  ['StringLike', one, ['${*}'], '*', 'yes'],
  ['NumericEquals', one, ['${aws:username}'], '1', 'no'],
  ['BinaryEquals', one, ['${aws:username}'], 'alice', 'no'],
  ['BinaryEquals', one, ['${aws:username}'], '${aws:username}', 'yes'],
  ['Bool', one, ['${aws:username}'], 'false', 'yes'],
]

test('conditions', () => {
  for (const [operator, key, wanted, got, outcome] of rows) {
    const condition = compileCondition(operator, key, wanted, true)
    assert.ok(condition, operator)
    const context = requestContext([['aws:username', 'alice'], ...(got === undefined ? [] : [[key, got] as const])])
    const shown = `${operator} ${key} ${JSON.stringify(wanted)} ${JSON.stringify(got)}`
    assert.equal(judgeCondition(condition, context), outcome, shown)
  }
})

test('version 2008-10-17 has no variables', () => {
  const condition = compileCondition('StringEquals', one, ['${aws:username}'], false)
  assert.ok(condition)
  const judged = (value: string) =>
    judgeCondition(
      condition,
      requestContext([
        ['aws:username', 'alice'],
        [one, value],
      ]),
    )
  assert.deepEqual([judged('alice'), judged('${aws:username}')], ['no', 'yes'])
})

test('wanted values are shown with their variables replaced', () => {
  const condition = compileCondition('StringEquals', one, ['${aws:username}', '${aws:PrincipalTag/no}', 'x'], true)
  assert.ok(condition)
  const wanted = wantedValues(condition, requestContext([['aws:username', 'alice']]))
  assert.deepEqual(wanted, ['alice', '${aws:PrincipalTag/no}', 'x'])
})

test('the same value asked twice, and another between', () => {
  const condition = compileCondition('NumericLessThan', one, ['5'], true)
  assert.ok(condition)
  const judged = ['4', '4', '6', '4', '6'].map((value) => judgeCondition(condition, requestContext([[one, value]])))
  assert.deepEqual(judged, ['yes', 'yes', 'no', 'yes', 'no'])
})

test('names of operators', () => {
  assert.deepEqual(readOperatorName('StringLike'), { base: 'StringLike', quantifier: 'none', ifExists: false })
  assert.deepEqual(readOperatorName('ForAllValues:StringLikeIfExists'), {
    base: 'StringLike',
    quantifier: 'all',
    ifExists: true,
  })
  assert.deepEqual(readOperatorName('ForAnyValue:Null'), { base: 'Null', quantifier: 'any', ifExists: false })
  for (const name of [
    'NullIfExists',
    'stringLike',
    'ForallValues:StringLike',
    'StringLike ',
    '',
    'IfExists',
    'BinaryNotEquals',
  ]) {
    assert.equal(readOperatorName(name), undefined, name)
  }
})
