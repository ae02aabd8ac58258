/** Input of any bytes and any size: read in linear time, refused at a place, decided without blowing up. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { compilePolicy } from './compile.ts'
import { requestContext } from './context-keys.ts'
import { decide } from './decision/decide.ts'
import { explain } from './decision/explain.ts'
import { readJson } from './language/json.ts'
import type { RequestContext } from './types.ts'
import { parsePolicy } from './validation/parse.ts'

const WELL = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*', Condition: { StringLike: { 'aws:userid': 'a*' } } }],
})

function readAll(text: string): void {
  const read = readJson(text)
  if (!read.ok) assert.ok(read.at >= 0 && read.at <= text.length && read.problem.length > 0)
  for (const type of ['managed', 'trust', 'session', 's3-bucket', 'rcp'] as const) {
    const parsed = parsePolicy(text, type)
    if (parsed.ok) compilePolicy(text)
    else assert.ok(parsed.code.length > 0 && parsed.message.length > 0)
  }
}

test('arbitrary bytes, as UTF-8 and as Latin-1', () => {
  const [utf8, latin1] = [new TextDecoder('utf-8'), new TextDecoder('latin1')]
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      readAll(utf8.decode(bytes))
      readAll(latin1.decode(bytes))
    }),
    { numRuns: 300 },
  )
})

test('a good policy with some bytes changed, cut off or doubled', () => {
  const edit = fc.record({
    at: fc.nat(WELL.length),
    cut: fc.nat(12),
    text: fc.string({ unit: 'binary', maxLength: 4 }),
  })
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 3 }), (edits) => {
      const text = edits.reduce((sum, { at, cut, text: put }) => sum.slice(0, at) + put + sum.slice(at + cut), WELL)
      readAll(text)
    }),
    { numRuns: 400 },
  )
})

test('a text that ends early is refused at its end, or where what was left open began', () => {
  for (let length = 0; length < WELL.length; length++) {
    const read = readJson(WELL.slice(0, length))
    assert.ok(!read.ok, `${length}`)
    const open = WELL.slice(read.at, length)
    assert.ok(open === '' || open.startsWith('"') || /^[a-z]+$/.test(open), `${length}: ${open}`)
  }
})

/** Milliseconds of the quickest of three. */
function time(work: () => unknown): number {
  const took = [0, 1, 2].map(() => {
    const from = performance.now()
    work()
    return performance.now() - from
  })
  return Math.min(...took)
}

/** Four times the input takes four times as long, and sixteen times when it is quadratic. Noise gets two more chances. */
function isLinear(name: string, work: (size: number) => () => unknown, size: number): void {
  const tries = [0, 1, 2].map(() => () => {
    const [short, long] = [time(work(size)), time(work(size * 4))]
    return { short, long, fine: long < Math.max(short * 11, 25) }
  })
  const seen: string[] = []
  for (const attempt of tries) {
    const { short, long, fine } = attempt()
    if (fine) return
    seen.push(`${short.toFixed(1)} ms, ${long.toFixed(1)} ms at four times the size`)
  }
  assert.fail(`${name}: ${seen.join('; ')}`)
}

const statements = (count: number): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: Array.from({ length: count }, (_none, index) => ({
      Sid: `S${index}`,
      Effect: 'Allow',
      Action: [`s3:Get${index}*`],
      Resource: `arn:aws:s3:::bucket-${index}/*`,
      Condition: { StringEquals: { 'aws:PrincipalTag/team': [`t${index}`, '${aws:username}'] } },
    })),
  })
const one = (statement: object): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*', ...statement } })
const many = (count: number, make: (index: number) => string): readonly string[] =>
  Array.from({ length: count }, (_none, index) => make(index))

test('huge documents are read, refused and compiled in linear time', () => {
  const documents: readonly [name: string, text: (size: number) => string][] = [
    ['statements', statements],
    ['actions', (size) => one({ Action: many(size * 4, (index) => `s3:A${index}`) })],
    [
      'members',
      (size) =>
        one({
          Condition: {
            StringEquals: Object.fromEntries(many(size * 4, (index) => `a:k${index}`).map((key) => [key, 'v'])),
          },
        }),
    ],
    ['blanks', (size) => `${' '.repeat(size * 100)}${WELL}${'\n'.repeat(size * 100)}`],
    ['an open text', (size) => `{"Version":"${'x'.repeat(size * 200)}`],
    ['variables', (size) => one({ Resource: 'arn:aws:s3:::${aws:username}'.repeat(size) })],
    ['open variables', (size) => one({ Resource: "arn:aws:s3:::${a,'".repeat(size) })],
    ['one number', (size) => one({ Condition: { NumericEquals: { 'a:k': '9'.repeat(size * 20) } } })],
  ]
  for (const [name, text] of documents) {
    isLinear(
      name,
      (size) => {
        const given = text(size)
        return () => {
          parsePolicy(given, 'identity')
          if (readJson(given).ok) compilePolicy(given)
        }
      },
      1000,
    )
  }
})

const request = (
  resource: string,
  keys: Readonly<Record<string, string | readonly string[]>> = {},
): RequestContext => ({
  principal: { kind: 'user', accountId: '111122223333', arn: 'arn:aws:iam::111122223333:user/a', userId: 'AIDA1' },
  action: 's3:GetObject',
  resource,
  context: requestContext(keys),
})

test('hostile policies and requests are decided in linear time', () => {
  const worlds: readonly [name: string, text: (size: number) => string, asked: (size: number) => RequestContext][] = [
    ['stars', (size) => one({ Resource: '*a'.repeat(size) + '*b' }), (size) => request('a'.repeat(size * 4))],
    ['double stars', (size) => one({ Resource: '**'.repeat(size) + 'b' }), (size) => request('a'.repeat(size * 4))],
    [
      'stars around a variable',
      (size) => one({ Resource: '*a${aws:username}'.repeat(size) }),
      (size) => request('a'.repeat(size * 4), { 'aws:username': 'a' }),
    ],
    [
      'a pattern in a condition',
      (size) => one({ Condition: { StringLike: { k: '*a'.repeat(size) + 'b' } } }),
      (size) => request('*', { k: 'a'.repeat(size * 4) }),
    ],
    [
      'a pattern that is an ARN',
      (size) => one({ Condition: { ArnLike: { k: `arn:aws:s3:::${'*a'.repeat(size)}b` } } }),
      (size) => request('*', { k: `arn:aws:s3:::${'a'.repeat(size * 4)}` }),
    ],
    [
      'colons',
      () => one({ Condition: { ArnLike: { k: 'arn:*:*:*:*:*' } } }),
      (size) => request('*', { k: `arn${':'.repeat(size * 4)}` }),
    ],
    [
      'an address',
      () => one({ Condition: { IpAddress: { k: '10.0.0.0/8' } } }),
      (size) => request('*', { k: '1:'.repeat(size * 4) }),
    ],
    [
      'a number',
      () => one({ Condition: { NumericLessThan: { k: '5' } } }),
      (size) => request('*', { k: '0'.repeat(size * 40) }),
    ],
    ['many statements', statements, () => request('arn:aws:s3:::bucket-1/x')],
    [
      'many values received',
      () => one({ Condition: { 'ForAllValues:StringLike': { k: ['a*', 'b*'] } } }),
      (size) => request('*', { k: many(size * 4, (index) => `a${index}`) }),
    ],
  ]
  for (const [name, text, asked] of worlds) {
    isLinear(
      name,
      (size) => {
        const set = { identity: [{ name, policy: compilePolicy(text(size)) }] }
        const wanted = asked(size)
        return () => decide(wanted, set)
      },
      1000,
    )
  }
})

test('explaining a huge refusal ends, and so does its suggestion', () => {
  const set = { identity: [{ name: 'huge', policy: compilePolicy(statements(2000)) }] }
  const from = performance.now()
  const record = explain(request('arn:aws:s3:::other/x', { 'aws:username': 'x'.repeat(10_000) }), set)
  assert.equal(record.layers[0]?.statements.length, 2000)
  assert.equal(record.suggestions.length, 1)
  assert.ok(performance.now() - from < 3000, `${performance.now() - from} ms`)
})
