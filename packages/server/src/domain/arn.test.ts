import assert from 'node:assert/strict'
import test from 'node:test'
import * as fc from 'fast-check'
import { parseArn, roleArn, splitIamResource } from './arn.ts'
import { accountId, isoSeconds, instant, knownAccountId } from './brands.ts'

test('what is put together is taken apart again', () => {
  const part = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_./*'), maxLength: 8 })
  const needed = part.filter((text) => text !== '')
  const resource = fc.string({ unit: fc.constantFrom(...'abc:/*'), maxLength: 12 })
  fc.assert(
    fc.property(needed, needed, part, part, resource, (partition, service, region, account, rest) => {
      const parts = { partition, service, region, account, resource: rest }
      assert.deepEqual(parseArn(`arn:${partition}:${service}:${region}:${account}:${rest}`), parts)
    }),
  )
})

const none = [
  '',
  'arn',
  'arn:aws:iam::1',
  'arn::iam::1:user/a',
  'arn:aws:::1:user/a',
  'ARN:aws:iam::1:user/a',
  'xarn:aws:iam::1:a',
]
for (const text of none) test(`\`${text}\` is no ARN`, () => assert.equal(parseArn(text), undefined))

test('the resource may be empty, and may hold colons', () => {
  assert.equal(parseArn('arn:aws:iam::1:')?.resource, '')
  assert.equal(parseArn('arn:aws:logs:r:1:log-group:a:*')?.resource, 'log-group:a:*')
})

const resources: readonly (readonly [text: string, want: ReturnType<typeof splitIamResource>])[] = [
  ['role/Reader', { kind: 'role', path: '/', name: 'Reader' }],
  ['role/apps/a/Reader', { kind: 'role', path: '/apps/a/', name: 'Reader' }],
  ['role/', undefined],
  ['/Reader', undefined],
  ['root', undefined],
]
for (const [text, want] of resources) test(`resource \`${text}\``, () => assert.deepEqual(splitIamResource(text), want))

test('the ARN of a role holds its path', () =>
  assert.equal(roleArn(knownAccountId('111122223333'), '/apps/', 'R'), 'arn:aws:iam::111122223333:role/apps/R'))

test('an account id has twelve digits', () => {
  for (const text of ['11112222333', '1111222233334', '11112222333a', '', ' 111122223333', '111122223333\n'])
    assert.equal(accountId(text), undefined, JSON.stringify(text))
  assert.throws(() => knownAccountId('1'), /`1` is not an account id/)
})

test('times are written in whole seconds', () =>
  assert.equal(isoSeconds(instant(Date.UTC(2026, 0, 2, 3, 4, 5, 999))), '2026-01-02T03:04:05Z'))
