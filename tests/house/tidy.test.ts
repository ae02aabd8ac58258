/** Style that a machine can check: lengths, first lines, forbidden words, paths of somebody's machine. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { ROOT, files, isGenerated, isTest } from './files.ts'

const LINES_MAX = 400
const FUNCTION_LINES_MAX = 70
const written = files.filter((file) => !isGenerated(file))

test('no file is longer than 400 lines', () => {
  const long = written
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > LINES_MAX)
  assert.deepEqual(long, [])
})

/** Functions by the indentation of their first and last line, which the formatter guarantees. */
function functionsOf(text: string): readonly { readonly line: number; readonly length: number }[] {
  const lines = text.split('\n')
  const found: { line: number; length: number }[] = []
  for (const [index, line] of lines.entries()) {
    if (
      !/^\s*(export )?(async )?function\b|=>\s*\{$|^\s+[a-zA-Z]+: (async )?\(.*\{$/.test(line) ||
      !line.trimEnd().endsWith('{')
    )
      continue
    const indent = /^\s*/.exec(line)?.[0] ?? ''
    const end = lines.findIndex((candidate, at) => at > index && candidate.startsWith(`${indent}}`))
    if (end > 0) found.push({ line: index + 1, length: end - index + 1 })
  }
  return found
}

test('no function is longer than 70 lines', () => {
  const code = written.filter((file) => !isTest(file))
  const long = code.flatMap(({ path, text }) =>
    functionsOf(text)
      .filter(({ length }) => length > FUNCTION_LINES_MAX)
      .map(({ line, length }) => `${path}:${line} has ${length} lines`),
  )
  assert.ok(code.flatMap(({ text }) => functionsOf(text)).length > 500, 'the functions were not seen')
  assert.deepEqual(long, [])
})

test('every file says in its first lines what it owns', () => {
  const silent = written
    .filter((file) => !file.path.endsWith('.test.ts'))
    .filter(({ text }) => !/^(#!.*\n)?\s*(\/\*\*|\/\/|\/\*)/.test(text) && !text.startsWith('/**'))
    .map(({ path }) => path)
  assert.deepEqual(silent, [])
})

const README_LINES_MAX = 15

test('every folder of the server says in a README of at most 15 lines what it owns', () => {
  const folders = new Set(
    written
      .map(({ path }) => /^packages\/server\/src\/(?:services\/)?[a-z0-9-]+(?=\/)/.exec(path)?.[0])
      .filter((folder) => folder !== undefined),
  )
  assert.ok(folders.size > 15, `only ${folders.size} folders were seen`)
  const wrong = [...folders].filter((folder) => {
    const file = resolve(ROOT, folder, 'README.md')
    return !existsSync(file) || readFileSync(file, 'utf8').trimEnd().split('\n').length > README_LINES_MAX
  })
  assert.deepEqual(wrong, [])
})

/** Put together, so that this file does not hold what it looks for. */
const FORBIDDEN: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['an unfinished word', new RegExp(['TO', 'DO|FIX', 'ME|XX', 'X\\b'].join(''))],
  ['a path of one machine', new RegExp(`(?<![\\w.-])(?:${['/wo', 'rk/|/ro', 'ot/|/tmp/br', 'ief'].join('')})`)],
  ['a switched-off check', new RegExp(['@ts-ig', 'nore|oxlint-dis', 'able|eslint-dis', 'able'].join(''))],
  ['a skipped or lone test', /\b(?:test|it|describe)\.(?:only|todo)\(/],
  ['the address of a registry', new RegExp(['registry\\.npm', 'js|repo1?\\.mav', 'en'].join(''))],
]

for (const [what, pattern] of FORBIDDEN)
  test(`no file holds ${what}`, () => {
    assert.deepEqual(
      files
        .filter(({ path, text }) => pattern.test(text) && path !== 'tests/house/tidy.test.ts')
        .map(({ path }) => path),
      [],
    )
  })

test('errors are not swallowed', () => {
  assert.deepEqual(
    files.filter(({ text }) => /catch\s*(\([^)]*\))?\s*\{\s*\}/.test(text)).map(({ path }) => path),
    [],
  )
})
