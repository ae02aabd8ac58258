/** The journey with boto3 and the AWS CLI. */
import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { ROOT } from '../house/files.ts'
import { isInstalled, runClient } from './clients.ts'

const hasBoto = isInstalled('python3', '-c', 'import boto3')
const missing = hasBoto && isInstalled('aws', '--version') ? false : 'boto3 or the AWS CLI is not installed'

test('boto3 and the AWS CLI assume roles and read instance metadata', { skip: missing, timeout: 300_000 }, async () => {
  const run = await runClient('python3', ['journey.py'], resolve(ROOT, 'tests/clients/python'))
  assert.equal(run.code, 0, run.output)
})
