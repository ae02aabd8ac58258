import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { ObjectRow } from '../../store/port.ts'
import type { Call } from '../operation.ts'
import { encoderFor, pageOf } from './listing.ts'

const bytewise = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

/** The store's promise, in the plainest form: rows in bytewise order. */
function callWith(keys: readonly string[]): Call {
  const rows = [...new Set(keys)].toSorted(bytewise).map((key) => ({ key }) as ObjectRow)
  const list = async (_bucket: string, options: { prefix?: string; after?: string; limit: number }) =>
    rows
      .filter(({ key }) => key.startsWith(options.prefix ?? ''))
      .filter(({ key }) => options.after === undefined || bytewise(key, options.after) > 0)
      .slice(0, options.limit)
  return { platform: { objects: { list } } } as unknown as Call
}

interface Wanted {
  readonly prefix: string
  readonly delimiter: string | undefined
}

/** What a listing is, said without pages: every key once, or its prefix once. */
function plainly(keys: readonly string[], { prefix, delimiter }: Wanted): readonly string[] {
  const names = [...new Set(keys)]
    .filter((key) => key.startsWith(prefix))
    .map((key) => {
      const at = delimiter ? key.indexOf(delimiter, prefix.length) : -1
      return at < 0 ? key : `${key.slice(0, at)}${delimiter}`
    })
  return [...new Set(names)].toSorted(bytewise)
}

async function paged(keys: readonly string[], wanted: Wanted, max: number): Promise<readonly string[]> {
  const call = callWith(keys)
  const names: string[] = []
  let after: string | undefined
  for (let pages = 0; pages <= keys.length + 1; pages++) {
    const page = await pageOf(call, 'bucket', { ...wanted, after, max })
    const found = [...page.rows.map(({ key }) => key), ...page.prefixes].toSorted(bytewise)
    assert.ok(found.length <= max)
    names.push(...found)
    if (page.next === undefined) return names
    assert.equal(page.next, found.at(-1))
    after = page.next
  }
  return assert.fail('the listing does not end')
}

const letters = fc
  .array(fc.constantFrom('a', 'b', 'c', '/', '-', '\u{10FFFF}'), { minLength: 1, maxLength: 6 })
  .map((list) => list.join(''))
test('pages of any size hold what one great listing holds', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(letters, { maxLength: 25 }),
      fc.constantFrom('', 'a', 'a/', 'b'),
      fc.constantFrom(undefined, '/', '-', 'a', '//'),
      fc.integer({ min: 1, max: 5 }),
      async (keys, prefix, delimiter, max) => {
        const wanted = { prefix, delimiter }
        assert.deepEqual(await paged(keys, wanted, max), plainly(keys, wanted))
      },
    ),
    { numRuns: 300 },
  )
})

test('letters behind the key are no part of it', async () => {
  const page = await pageOf(callWith(['a1-2', 'b-x1-2']), 'bucket', {
    prefix: '',
    delimiter: '-',
    after: undefined,
    max: 9,
    suffixLetters: 3,
  })
  assert.deepEqual([page.rows.map(({ key }) => key), page.prefixes], [['a1-2'], ['b-']])
})

const encodings: readonly (readonly [name: string, want: string])[] = [
  ['plain/name.txt', 'plain/name.txt'],
  ['test_file(3).png', 'test_file%283%29.png'],
  ['a b+c', 'a+b%2Bc'],
  ['ü*~', '%C3%BC*~'],
  ["it's!", 'it%27s%21'],
]
for (const [name, want] of encodings) test(`encoding of ${name}`, () => assert.equal(encoderFor('url')(name), want))
test('an unknown encoding is refused', () => assert.throws(() => encoderFor('gzip'), { code: 'InvalidArgument' }))
