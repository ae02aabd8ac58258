/** The journey with the AWS SDKs for Java, version 1 and version 2. */
import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { ROOT } from '../house/files.ts'
import { isInstalled, runClient } from './clients.ts'

const missing = isInstalled('mvn', '-v') ? false : 'Maven is not installed'

test('the AWS SDKs for Java assume roles and read instance metadata', { skip: missing, timeout: 600_000 }, async () => {
  const run = await runClient('mvn', ['-q', '-B', 'test'], resolve(ROOT, 'tests/clients/java'))
  assert.equal(run.code, 0, run.output)
})
