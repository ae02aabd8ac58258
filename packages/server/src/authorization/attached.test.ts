import assert from 'node:assert/strict'
import test from 'node:test'
import { instant } from '../domain/brands.ts'
import { awsPolicy, controlPolicy, customerPolicy, inlinePolicy, policyFromText } from './attached.ts'
import { document } from './fixture.ts'

const version = { id: 'v1', text: document('One'), createdAt: instant(0) }
const row = {
  name: 'P',
  path: '/',
  id: 'ANPA1',
  createdAt: instant(0),
  versions: [version, { ...version, id: 'v2', text: document('Two') }],
  defaultVersion: 'v2',
  nextVersion: 3,
  updatedAt: instant(0),
  tags: [],
}

test('a row is compiled once, in its default version', () => {
  const first = customerPolicy(row, 'arn:p', '111122223333')
  assert.equal(customerPolicy(row, 'arn:p', '111122223333'), first)
  assert.equal(first.policy.statements[0]?.sid, 'Two')
  assert.equal(first.arn, 'arn:p')
  assert.notEqual(customerPolicy({ ...row }, 'arn:p', '111122223333'), first, 'another row is another policy')
  assert.throws(() => customerPolicy({ ...row, defaultVersion: 'v9' }, 'arn:p', '1'), /has no version v9/)
})

test('names tell where a policy stands; only managed ones have an ARN', () => {
  const inline = inlinePolicy({ name: 'own', text: document('X') }, '111122223333', 'role Reader')
  assert.deepEqual(
    [inline.name, inline.arn, inline.owner],
    ['inline policy own of role Reader', undefined, '111122223333'],
  )
  const control = controlPolicy({ name: 'c', arn: 'arn:c', text: document('X') }, '999999999999')
  assert.deepEqual([control.name, control.arn, control.owner], ['c', 'arn:c', '999999999999'])
  const aws = awsPolicy({ ...row, arn: 'arn:aws:iam::aws:policy/P', text: document('X') })
  assert.deepEqual([aws.arn, aws.owner], ['arn:aws:iam::aws:policy/P', undefined])
})

test('texts are kept by text, name and owner', () => {
  const text = document('Kept')
  const first = policyFromText(text, 'a', '1')
  assert.equal(policyFromText(text, 'a', '1'), first)
  for (const other of [
    policyFromText(text, 'b', '1'),
    policyFromText(text, 'a', '2'),
    policyFromText(`${text} `, 'a', '1'),
  ])
    assert.notEqual(other, first)
})

test('what is kept of texts is bounded in number and in length, oldest out first', () => {
  const keeps = (count: number, length: number): boolean => {
    const name = `bound ${count} ${length}`
    const first = policyFromText(document('First'), name, '1')
    for (let at = 0; at < count; at++) policyFromText(document(`${at}`) + ' '.repeat(length), name, '1')
    return policyFromText(document('First'), name, '1') === first
  }
  assert.equal(keeps(100, 0), true)
  assert.equal(keeps(2100, 0), false)
  assert.equal(keeps(100, 20_000), true)
  assert.equal(keeps(250, 20_000), false)
})
