/** Spent codes and tries are rows: they hold when the server is started anew. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts'
import { base32, totpCode, totpStep } from '../../packages/server/src/credentials/totp.ts'
import { instant } from '../../packages/server/src/domain/brands.ts'
import { outcome } from '../iam/client.ts'
import { start } from '../support/started.ts'
import type { Started } from '../support/started.ts'

const SERIAL = 'arn:aws:iam::111122223333:mfa/phone'
const ALICE = { accessKeyId: 'AKIAQEXAMPLECOMPANYB', secretAccessKey: 'alices-secret' }
const WRONG = 'AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code. '

test('a spent code stays spent, and tries go on counting, over a restart', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-mfa-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  const seed = randomBytes(20)
  const devices = [{ virtualMFADeviceName: 'phone', seed: base32(seed) }]
  const users = [{ userName: 'alice', accessKeys: [ALICE], mfaDevices: devices }]
  writeFileSync(join(folder, 'seed.json'), JSON.stringify({ accounts: [{ id: '111122223333', users }] }))
  writeFileSync(join(folder, 'key'), randomBytes(32).toString('base64'))
  const options = [
    '--data',
    join(folder, 'data'),
    '--key-file',
    join(folder, 'key'),
    '--seed',
    join(folder, 'seed.json'),
  ]
  const login = (server: Started, TokenCode: string) => {
    const sts = new STSClient({ endpoint: server.aws, region: 'us-east-1', maxAttempts: 1, credentials: ALICE })
    return outcome(sts.send(new GetSessionTokenCommand({ SerialNumber: SERIAL, TokenCode })))
  }
  const first = await start(options)
  // Far from the end of a step and of three minutes, or the second server would look at other windows.
  const left = 180_000 - (Date.now() % 180_000)
  if (left < 30_000) await new Promise((resolve) => setTimeout(resolve, left + 500))
  const step = totpStep(instant(Date.now()))
  const code = totpCode(seed, step)
  assert.equal(await login(first, code), 'ok')
  for (let tries = 2; tries <= 8; tries++)
    assert.equal(await login(first, '000000' === code ? '000001' : '000000'), WRONG)
  assert.equal(await first.stop(), 0)
  const second = await start(options)
  context.after(() => second.stop())
  assert.equal(await login(second, code), WRONG, 'the ninth try: a spent code')
  assert.match(await login(second, totpCode(seed, step + 1)), /unable to validate MFA code/, 'the tenth: a right one')
})
