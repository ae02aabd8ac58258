import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

test('docs/lint.md explains every code, and no other', () => {
  const sources = [
    ...globSync('*.ts', { cwd: folder('./') }).map((name) => folder(`./${name}`)),
    folder('../validation/lint.ts'),
  ]
  const codesIn = (text: string) => text.match(/\b(?:LINT|POLICY)\.[A-Z_]+/g) ?? []
  const told = new Set(
    sources.filter((name) => !name.endsWith('.test.ts')).flatMap((name) => codesIn(readFileSync(name, 'utf8'))),
  )
  const page = readFileSync(folder('../../../../docs/lint.md'), 'utf8')
  const explained = new Set(
    page
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .flatMap((line) => codesIn(line.split('|')[1] ?? '')),
  )
  assert.ok(told.size > 25, `${told.size}`)
  assert.deepEqual([...explained].toSorted(), [...told].toSorted())
})
