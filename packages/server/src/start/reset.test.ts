import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import test from 'node:test'
import { RESET_KINDS } from './reset.ts'

/** What a kind of rows looks like among the exports of a module. */
const isKind = (value: unknown): value is { readonly name: string } =>
  typeof value === 'object' && value !== null && 'name' in value && 'version' in value && 'key' in value

test('a reset puts back every kind of rows that an entity is kept in', async () => {
  const folder = new URL('../entities/', import.meta.url)
  const kinds: string[] = []
  for (const file of readdirSync(folder)) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue
    const module = (await import(new URL(file, folder).href)) as Readonly<Record<string, unknown>>
    kinds.push(
      ...Object.values(module)
        .filter(isKind)
        .map(({ name }) => name),
    )
  }
  assert.ok(kinds.length > 20)
  assert.deepEqual(kinds.toSorted(), RESET_KINDS.toSorted())
})
