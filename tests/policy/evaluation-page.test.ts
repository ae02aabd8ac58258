/** docs/evaluation.md lists every row of the corpus under its rule, and links only to tests that exist. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const page = new URL('../../docs/evaluation.md', import.meta.url)
const text = readFileSync(page, 'utf8')
const corpus = new URL('../../packages/policy/conformance/policy-vectors.json', import.meta.url)
const vectors = JSON.parse(readFileSync(corpus, 'utf8')) as Readonly<
  Record<'evaluation' | 'validation' | 'sts', readonly { readonly id: string; readonly rule: string }[]>
>
const rows = [...vectors.evaluation, ...vectors.validation, ...vectors.sts]

/** `MAT-002, 003; PRI-001` → the three ids. */
const idsIn = (cell: string): readonly string[] =>
  [...cell.matchAll(/\b([A-Z]{3})-(\d{3}(?:, \d{3})*)/g)].flatMap(([, family = '', numbers = '']) =>
    numbers.split(', ').map((number) => `${family}-${number}`),
  )

const rules = new Map(
  [...text.matchAll(/^\| (\d+(?:\.\d+)?) \| (.+?) \| (.+) \|$/gm)].map(([, rule = '', , held = '']) => [rule, held]),
)

test('every row of the corpus stands under its rule, and nothing else does', () => {
  assert.ok(rules.size > 90, `${rules.size} rules`)
  const byRule = Map.groupBy(rows, (row) => String(row.rule))
  for (const [rule, held] of rules) {
    const wanted = (byRule.get(rule) ?? []).map(({ id }) => id)
    assert.deepEqual([...idsIn(held)].toSorted(), wanted.toSorted(), `rule ${rule}`)
  }
  for (const rule of byRule.keys()) assert.ok(rules.has(rule), `rule ${rule} is on the page`)
})

test('every rule is held by a test, and every link leads somewhere', () => {
  for (const [rule, held] of rules) assert.match(held, /\]\([^)]+\.test\.ts\)/, `rule ${rule}`)
  for (const [, target = ''] of text.matchAll(/\]\(([^)#]+)(?:#[\w-]+)?\)/g)) {
    assert.ok(existsSync(new URL(target, page)), target)
  }
})

test('ids of the last table are rows of the corpus', () => {
  const known = new Set(rows.map(({ id }) => id))
  const [, silent = ''] = text.split('## Where AWS is silent')
  assert.ok(idsIn(silent).length > 0)
  for (const id of idsIn(silent)) assert.ok(known.has(id), id)
})

test('comments of the code name rules of the page', () => {
  const named = ['decision/decide.ts', 'decision/layers.ts', 'conditions/condition.ts', 'principals.ts'].flatMap(
    (file) => {
      const source = readFileSync(new URL(`../../packages/policy/src/${file}`, import.meta.url), 'utf8')
      return [...source.matchAll(/policy-semantics (\d+\.\d+)/g)].map(([, rule = '']) => rule)
    },
  )
  assert.ok(named.length > 5)
  for (const rule of named) assert.ok(rules.has(rule), rule)
})
