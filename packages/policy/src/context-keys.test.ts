import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { CONTEXT_KEYS, isMultivalued, requestContext } from './context-keys.ts'

interface Row {
  readonly key: string
  readonly valueType: 'single' | 'multi'
  readonly dataType: string
}
const file = new URL('../conformance/policy-vectors.json', import.meta.url)
const { context } = JSON.parse(readFileSync(file, 'utf8')) as { readonly context: readonly Row[] }

test('the table holds every key of the corpus, with its type', () => {
  assert.ok(context.length > 60)
  for (const { key, valueType, dataType } of context) {
    const row = CONTEXT_KEYS.find((one) => one.key === key.replace('{provider}', '{oidc}'))
    assert.ok(row, key)
    assert.equal(row.multivalued, valueType === 'multi', key)
    assert.ok(dataType.split(' or ').includes(row.type), `${key} ${dataType}`)
  }
})

test('no key stands twice', () => {
  const keys = CONTEXT_KEYS.map(({ key }) => key.toLowerCase())
  assert.equal(new Set(keys).size, keys.length)
})

test('keys are read in lower case', () => {
  assert.ok(isMultivalued('aws:tagkeys') && isMultivalued('idp.example:amr') && !isMultivalued('aws:username'))
  assert.deepEqual([...requestContext({ 'aws:PrincipalTag/Team': 'Blue' })], [['aws:principaltag/team', 'Blue']])
  assert.deepEqual([...requestContext([['aws:TagKeys', ['A']]])], [['aws:tagkeys', ['A']]])
})
