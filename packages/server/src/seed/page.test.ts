/** The example of docs/seed.md is applied as it stands there. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { emptyWorld } from './fixture.ts'

test('the example of the guide can be applied, twice', async (context) => {
  const page = readFileSync(new URL('../../../../docs/seed.md', import.meta.url), 'utf8')
  const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? []
  const { apply } = await emptyWorld(context)
  assert.ok((await apply(example)).steps.length > 10)
  assert.deepEqual((await apply(example)).steps, [])
})
