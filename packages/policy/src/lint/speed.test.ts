import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coversGlob, globsMeet } from './rule.ts'
import { lintPolicy } from './lint-policy.ts'

/** Milliseconds are no proof; a thousand times more than is needed is. */
const SECONDS_MAX = 5

function seconds(work: () => void): number {
  const from = performance.now()
  work()
  return (performance.now() - from) / 1000
}

test('hostile globs end soon', () => {
  const hostile = `${'*a'.repeat(150)}*`
  const other = `${'a*'.repeat(150)}b`
  const huge = '*a'.repeat(5000)
  assert.ok(
    seconds(() => [
      coversGlob(hostile, other),
      globsMeet(hostile, other),
      globsMeet(other, hostile),
      globsMeet(huge, huge),
    ]) < SECONDS_MAX,
  )
})

test('a thousand actions and a hundred statements end soon', () => {
  const Action = Array.from({ length: 1000 }, (_, index) => `s3:Get${index % 7 === 0 ? '*' : ''}${index}`)
  const Statement = Array.from({ length: 100 }, (_, index) => ({
    Effect: 'Allow',
    Action: `s3:Get${index}*`,
    Resource: `arn:aws:s3:::b${index}/*`,
  }))
  const text = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action, Resource: '*' }, ...Statement],
  })
  assert.ok(seconds(() => lintPolicy(text, 'inline')) < SECONDS_MAX)
})
