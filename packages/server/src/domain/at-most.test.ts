import assert from 'node:assert/strict'
import { test } from 'node:test'
import { atMost } from './at-most.ts'

test('what ends in time is waited for', async () => {
  let done = false
  await atMost(
    10_000,
    Promise.resolve().then(() => (done = true)),
  )
  assert.ok(done)
})

test('what fails in time fails', () => assert.rejects(atMost(10_000, Promise.reject(new Error('no'))), /no/))

test('what never ends is not waited for', () => atMost(5, new Promise(() => undefined)))
