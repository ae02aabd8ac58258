/** A reset puts every row back: a kind that it does not know would outlive it. packages/server/src/start/reset.ts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { files, isTest } from './files.ts'

test('a reset knows every kind of entity', () => {
  const reset = files.find(({ path }) => path === 'packages/server/src/start/reset.ts')
  const entities = files.filter((file) => file.path.startsWith('packages/server/src/entities/') && !isTest(file))
  const kinds = entities.flatMap(({ text }) =>
    [...text.matchAll(/^export const (\w+): Kind</gm)].map(([, kind]) => kind),
  )
  assert.ok(kinds.length > 20)
  const named = new Set(reset?.text.match(/\w+/g))
  assert.deepEqual(
    kinds.filter((kind) => kind === undefined || !named.has(kind)),
    [],
  )
})
