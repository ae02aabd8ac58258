/** The journey, and federation, with the AWS SDKs for Java, version 1 and version 2. */
import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { ROOT } from '../house/files.ts'
import { isInstalled, runClient } from './clients.ts'

const missing = isInstalled('mvn', '-v') ? false : 'Maven is not installed'

const FOLDER = resolve(ROOT, 'tests/clients/java')
const maven = (tests: string): string[] => ['-q', '-B', 'test', `-Dtest=${tests}`]

test('the AWS SDKs for Java assume roles and read instance metadata', { skip: missing, timeout: 600_000 }, async () => {
  const run = await runClient('mvn', maven('Journey*'), FOLDER)
  assert.equal(run.code, 0, run.output)
})

test(
  'their providers chain profiles, and exchange tokens and assertions',
  { skip: missing, timeout: 600_000 },
  async () => {
    const run = await runClient('mvn', maven('Federation*'), FOLDER, 'tests/clients/federation.yaml')
    assert.equal(run.code, 0, run.output)
  },
)
