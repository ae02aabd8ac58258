/** Lint against AWS's own policies: what it says of them has to be true, so rules that cry wolf show up here. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lintPolicy } from '@understudy/policy'
import { loadManagedPolicyCatalogue } from '../catalogue/load.ts'
import { serviceReference } from './load.ts'

/** Every so many policies: all of them take some seconds. */
const STEP = 4
/** What may be said: AWS's own policies exceed quotas, name what is gone, scope what has no resource, repeat themselves. */
const TRUE_OF_AWS = new Set([
  'POLICY.GRAMMAR',
  'LINT.ACTION_NEEDS_STAR',
  'LINT.NO_SUCH_ACTION',
  'LINT.NO_SUCH_SERVICE',
  'LINT.UNKNOWN_CONDITION_KEY',
  'LINT.FORALLVALUES_ALLOW',
  'LINT.ALLOW_NOT_ACTION',
  'LINT.PASSROLE_STAR',
  'LINT.KEY_NOT_FOR_ACTION',
  'LINT.RESOURCE_NEVER_MATCHES',
  'LINT.REDUNDANT_ACTION',
  'LINT.REDUNDANT_STATEMENT',
  'LINT.VARIABLE_POSITION',
])

test('what lint says of AWS’s policies', () => {
  const reference = serviceReference()
  const policies = loadManagedPolicyCatalogue()
    .all()
    .filter((_, index) => index % STEP === 0)
  assert.ok(policies.length > 300)
  const found = policies.flatMap(({ name, text }) =>
    lintPolicy(text, 'managed', { reference }).map((one) => ({ ...one, name })),
  )
  const others = found
    .filter(({ code }) => !TRUE_OF_AWS.has(code))
    .map(({ name, code, message }) => `${name} ${code} ${message}`)
  assert.deepEqual(others, [])
  const grammar = found.filter(
    ({ code, message }) => code === 'POLICY.GRAMMAR' && !message.startsWith('Cannot exceed quota'),
  )
  assert.deepEqual(grammar, [])
  const share = (code: string): number =>
    new Set(found.filter((one) => one.code === code).map(({ name }) => name)).size / policies.length
  // Rules that guess: hardly any policy of AWS's may break them.
  for (const code of [
    'LINT.KEY_NOT_FOR_ACTION',
    'LINT.RESOURCE_NEVER_MATCHES',
    'LINT.UNKNOWN_CONDITION_KEY',
    'LINT.VARIABLE_POSITION',
  ])
    assert.ok(share(code) < 0.02, `${code} ${share(code)}`)
  assert.ok(share('LINT.NO_SUCH_ACTION') < 0.1, `${share('LINT.NO_SUCH_ACTION')}`)
})
