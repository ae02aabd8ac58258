/** Hostile input: texts that are no policies, deep nesting, patterns made to be slow. Nothing throws, nothing hangs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { compilePolicy } from './compile.ts'
import { readAddress, readNetwork } from './conditions/address.ts'
import { readDate } from './conditions/date.ts'
import { compareNumbers, readNumber } from './conditions/numeric.ts'
import { matchesArn } from './language/arn.ts'
import { compileGlob, globMatches, patternOf } from './language/glob.ts'
import { readJson } from './language/json.ts'
import { expand, parseTemplate } from './language/template.ts'
import { parsePolicy } from './validation/parse.ts'
import type { PolicyType } from './validation/problem.ts'

const TYPES: readonly PolicyType[] = [
  'identity',
  'managed',
  'inline',
  'boundary',
  'trust',
  'session',
  'scp',
  'rcp',
  's3-bucket',
  'kms-key',
  'vpce',
  'resource',
]

/** Parses as every type. A text that is accepted has to compile, too. */
function parseAll(text: string): void {
  for (const type of TYPES) {
    const result = parsePolicy(text, type)
    if (result.ok) assert.equal(compilePolicy(text).text, text)
    else assert.ok(result.code.length > 0 && result.message.length > 0)
  }
}

test('any text is accepted or refused', () => {
  fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.json()), parseAll), { numRuns: 300 })
})

const leaf = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom('Allow', '*', 's3:*', 'arn:aws:s3:::b/*', '2012-10-17'),
)
const element = fc.oneof(
  leaf,
  fc.array(leaf, { maxLength: 3 }),
  fc.dictionary(
    fc.constantFrom('AWS', 'StringEquals', 'Date', 'DateEquals'),
    fc.oneof(leaf, fc.dictionary(fc.string({ maxLength: 5 }), leaf)),
    { maxKeys: 2 },
  ),
)
const statement = fc.dictionary(
  fc.constantFrom(
    'Sid',
    'Effect',
    'Principal',
    'NotPrincipal',
    'Action',
    'NotAction',
    'Resource',
    'NotResource',
    'Condition',
    'Other',
  ),
  element,
)

test('documents that are nearly policies', () => {
  const document = fc.record(
    { Version: leaf, Statement: fc.oneof(statement, fc.array(fc.oneof(statement, leaf), { maxLength: 3 })) },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(document, (value) => parseAll(JSON.stringify(value))),
    { numRuns: 1500 },
  )
})

test('our reader of JSON takes what JSON.parse takes, and nothing else', () => {
  const same = (text: string): void => {
    let wanted = true
    try {
      JSON.parse(text)
    } catch {
      wanted = false
    }
    assert.equal(readJson(text).ok, wanted, text)
  }
  fc.assert(fc.property(fc.json(), same), { numRuns: 300 })
  fc.assert(
    fc.property(
      fc.array(
        fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', 'a', '1', '-', '.', 'e', 'true', 'null', ' ', '"x"'),
        { maxLength: 8 },
      ),
      (parts) => same(parts.join('')),
    ),
    { numRuns: 3000 },
  )
})

test('deep nesting is refused, not followed', () => {
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
  ] as const) {
    const text = `{"Statement":${open.repeat(100_000)}1${close.repeat(100_000)}}`
    assert.equal(readJson(text).ok, false)
    assert.throws(() => compilePolicy(text), /nested too deeply/)
    assert.equal(parsePolicy(text, 's3-bucket').ok, false)
  }
})

test('a text of quotes and backslashes is read in one pass', () => {
  for (const text of ['\\"'.repeat(200_000), `"${'\\"'.repeat(200_000)}`, '"'.repeat(400_000)]) {
    quickly(() => {
      assert.equal(readJson(text).ok, false)
      assert.equal(parsePolicy(text, 'managed').ok, false)
    })
  }
})

/** A generous bound: what is slow by design takes minutes. */
function quickly(work: () => void): void {
  const from = performance.now()
  work()
  assert.ok(performance.now() - from < 2000, `${performance.now() - from} ms`)
}

const repeated = (text: string, times: number): string => text.repeat(times)

test('patterns made to be slow are not', () => {
  const text = `${repeated('a', 4000)}b`
  const patterns = [
    repeated('a*', 1500),
    `${repeated('*a', 1500)}c`,
    `*${repeated('a', 2000)}c*`,
    `*${repeated('a?', 1000)}c*`,
    repeated('*?', 1500),
    `${repeated('**', 1500)}x`,
  ]
  quickly(() => {
    for (const pattern of patterns) {
      const glob = compileGlob(patternOf(pattern))
      globMatches(glob, text)
      globMatches(glob, repeated('ab', 2000))
      matchesArn(`arn:aws:s3:::${pattern}`, `arn:aws:s3:::${text}`)
    }
  })
})

/** The slow, obvious way: a table of which prefixes match which. */
function slowGlob(pattern: string, text: string): boolean {
  let row = Array.from({ length: text.length + 1 }, (_cell, at) => at === 0)
  for (const character of pattern) {
    const next = Array<boolean>(text.length + 1).fill(false)
    for (let at = 0; at <= text.length; at++) {
      if (character === '*') next[at] = row[at] === true || (at > 0 && next[at - 1] === true)
      else if (at > 0) next[at] = row[at - 1] === true && (character === '?' || character === text[at - 1])
    }
    row = next
  }
  return row[text.length] === true
}

test('the glob agrees with a slow one', () => {
  const letters = (...set: readonly string[]) =>
    fc.array(fc.constantFrom(...set), { maxLength: 10 }).map((all) => all.join(''))
  fc.assert(
    fc.property(letters('a', 'b', '*', '?', ':'), letters('a', 'b', ':'), (pattern, text) => {
      assert.equal(globMatches(compileGlob(patternOf(pattern)), text), slowGlob(pattern, text), `${pattern} ${text}`)
    }),
    { numRuns: 5000 },
  )
})

test('a substituted value never becomes a wildcard or a variable', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('*', '?', '${aws:username}', 'a', '}')),
      fc.string({ maxLength: 6 }),
      (parts, other) => {
        const value = parts.join('')
        const template = parseTemplate('x/${aws:PrincipalTag/t}/y', true)
        const pattern = expand(template, new Map([['aws:principaltag/t', value]])) ?? assert.fail('no value')
        const glob = compileGlob(pattern)
        assert.ok(globMatches(glob, `x/${value}/y`))
        assert.equal(globMatches(glob, `x/${other}/y`), other === value)
      },
    ),
    { numRuns: 500 },
  )
})

test('values of any form are read or not read', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc
          .array(fc.constantFrom('0', '9', '.', ':', '/', '-', '+', 'e', 'T', 'Z', 'f'), { maxLength: 24 })
          .map((all) => all.join('')),
      ),
      (text) => {
        readAddress(text)
        readNetwork(text)
        const date = readDate(text)
        assert.ok(date === undefined || Number.isFinite(date), text)
        readNumber(text)
      },
    ),
    { numRuns: 3000 },
  )
})

const numberOf = (text: string) => readNumber(text) ?? assert.fail(`${text} is no number`)

test('numbers compare as numbers', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
      fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
      (left, right) => {
        const order = compareNumbers(numberOf(`${left}`), numberOf(`${right}`))
        assert.equal(Math.sign(order), left < right ? -1 : left > right ? 1 : 0)
      },
    ),
  )
  fc.assert(
    fc.property(
      fc.float({ noNaN: true, noDefaultInfinity: true }),
      fc.float({ noNaN: true, noDefaultInfinity: true }),
      (left, right) => {
        const order = compareNumbers(numberOf(`${left}`), numberOf(`${right}`))
        assert.equal(Math.sign(order), left < right ? -1 : left > right ? 1 : 0)
      },
    ),
  )
})
