/** A sample of mutants: each is noticed by the tests, or listed as changing no answer. `tools/mutate.ts` tries all of them. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { mutantsOf } from './mutate/mutants.ts'

const PROGRAM = fileURLToPath(new URL('./mutate.ts', import.meta.url))

test('a seeded sample of mutants is noticed', { timeout: 900_000 }, () => {
  const run = spawnSync(process.execPath, [PROGRAM, '--sample', '24', '--seed', '4', '--quick'], { encoding: 'utf8' })
  assert.equal(run.error, undefined)
  assert.equal(run.status, 0, `${run.stdout}\n${run.stderr}`)
  assert.match(run.stdout, /^\d+ of 24 mutants noticed/m)
})

const changes: readonly [text: string, mutants: readonly string[]][] = [
  ['const f = (a: number, b: number) => a < b', ['a < b → undefined', '< → <=', '< → >=']],
  [
    'const g = (a: boolean, b: boolean) => { if (a && b) work() }',
    ['a && b → true', 'a && b → false', '&& → ||', 'work() → ;'],
  ],
  ['const h: readonly number[] = [1]', ['1 → 2']],
  [
    'function i(): string { return x.startsWith(y) ? "a" : z }',
    [
      'x.startsWith(y) ? "a" : z → undefined',
      'x.startsWith(y) → true',
      'x.startsWith(y) → false',
      'startsWith → endsWith',
    ],
  ],
  ['function j(): void { throw new Error(a + b) }', []],
]

test('what is changed', () => {
  for (const [text, wanted] of changes) {
    const got = mutantsOf('x.ts', text).map(({ before, after }) => `${before} → ${after}`)
    assert.deepEqual(got.toSorted(), wanted.toSorted(), text)
  }
})
