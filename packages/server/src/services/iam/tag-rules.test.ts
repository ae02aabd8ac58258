import assert from 'node:assert/strict'
import test from 'node:test'
import type { AwsError } from '../../errors/aws-error.ts'
import { newTags, requestTagKeys, withoutTags, withTags } from './tag-rules.ts'
import type { TagCase } from './tag-rules.ts'

/** `Team=One,x=` as tags. */
const wire = (text: string) =>
  text === '' ? [] : text.split(',').map((pair) => ({ Key: pair.split('=')[0] ?? '', Value: pair.split('=')[1] ?? '' }))
const show = (tags: readonly { readonly key: string; readonly value: string }[]) =>
  tags.map((tag) => `${tag.key}=${tag.value}`).join(',')
const many = (count: number) => Array.from({ length: count }, (_, index) => `key${index}=v`).join(',')

const adding: readonly [current: string, given: string, cases: TagCase, want: string][] = [
  ['', 'Team=One', 'folded', 'Team=One'],
  ['Team=One', 'team=Two', 'folded', 'team=Two'],
  ['Team=One', 'team=Two', 'exact', 'Team=One,team=Two'],
  ['', 'Dup=1,dup=2', 'exact', 'Dup=1,dup=2'],
  ['a=1,b=2', 'b=3,c=4', 'folded', 'a=1,b=3,c=4'],
  ['', 'reserved=aws:value', 'folded', 'reserved=aws:value'],
  [
    '',
    'Dup=1,dup=2',
    'folded',
    'InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive.',
  ],
  ['', 'Dup=1,Dup=2', 'exact', 'InvalidInput: Duplicate tag keys found.'],
  ['', 'aws:x=v', 'folded', 'InvalidInput: Tag keys beginning with aws: are reserved for system use.'],
  ['', 'AWS:x=v', 'exact', 'InvalidInput: Tag keys beginning with aws: are reserved for system use.'],
  ['a=1', '', 'folded', 'InvalidInput: Error occurred while validating input. '],
  [many(50), 'key0=new', 'folded', many(50).replace('key0=v', 'key0=new')],
  [many(50), 'other=v', 'folded', 'LimitExceeded: The number of tags has reached the maximum limit.'],
]
for (const [current, given, cases, want] of adding)
  test(`adding ${given.slice(0, 20)} to ${current.slice(0, 20)} (${cases}) gives ${want.slice(0, 60)}`, () => {
    const before = newTags(wire(current), 'exact')
    try {
      assert.equal(show(withTags(before, wire(given), cases)), want)
    } catch (error) {
      const { code, message } = error as AwsError
      assert.equal(`${code}: ${message}`, want)
    }
  })

test('a key of blanks is refused', () => {
  assert.throws(() => withTags([], [{ Key: ' ', Value: 'v' }], 'folded'), { code: 'ValidationError' })
})

const removing: readonly [current: string, keys: readonly string[], cases: TagCase, want: string][] = [
  ['Team=One,b=2', ['team'], 'folded', 'b=2'],
  ['Team=One,b=2', ['team'], 'exact', 'Team=One,b=2'],
  ['Team=One', ['Team', 'team', 'aws:x', 'unknown'], 'folded', ''],
  ['Team=One', [], 'folded', 'Team=One'],
]
for (const [current, keys, cases, want] of removing)
  test(`removing ${keys.join(' ')} from ${current} (${cases}) leaves ${want}`, () => {
    assert.equal(show(withoutTags(newTags(wire(current), 'exact'), keys, cases)), want)
  })

test('only users and roles take an empty list of keys', () => {
  assert.throws(() => withoutTags([], [], 'exact'), { code: 'InvalidInput' })
})

test('of a key that comes twice the last value is the condition key', () => {
  assert.deepEqual(requestTagKeys(wire('a=1,a=2')), { 'aws:RequestTag/a': '2', 'aws:TagKeys': ['a', 'a'] })
  assert.deepEqual(requestTagKeys([]), {})
  assert.deepEqual(requestTagKeys(undefined), {})
})
