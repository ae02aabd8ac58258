/** Ten thousand live sessions: all of them work, nothing is stored, and memory does not grow. */
import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { test } from 'node:test'
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { signV4 } from '@understudy/wire'
import { openWorld } from '../support/world.ts'
import type { Administrator, Keys } from '../support/world.ts'

const ACCOUNT = '111122223333'
const SESSIONS = 10_000
/** The journal's ring, sessions known by lineage and opened tokens are bounded: so many calls fill them. */
const WARM_UP = 12_000
const AT_ONCE = 16
/** A session alone would take a kibibyte. */
const BYTES_EACH_MAX = 100

const BODY = `Action=AssumeRole&Version=2011-06-15&RoleSessionName=ann&RoleArn=${encodeURIComponent(`arn:aws:iam::${ACCOUNT}:role/Reader`)}`

/** One signature is good for all calls of a test. */
function caller(endpoint: string, by: Administrator): () => Promise<string> {
  const { headers } = signV4({
    request: {
      method: 'POST',
      rawPath: '/',
      rawQuery: '',
      headers: [
        ['Host', new URL(endpoint).host],
        ['Content-Type', 'application/x-www-form-urlencoded'],
      ],
    },
    signer: { ...by, region: 'us-east-1', service: 'sts' },
    now: Date.now(),
    body: BODY,
  })
  const sent = Object.fromEntries(headers.filter(([name]) => name.toLowerCase() !== 'host'))
  return async () => {
    const answer = await fetch(endpoint, { method: 'POST', headers: sent, body: BODY })
    const text = await answer.text()
    assert.equal(answer.status, 200, text)
    return text
  }
}

/** @returns every thousandth answer */
async function assume(call: () => Promise<string>, times: number): Promise<readonly string[]> {
  const some: string[] = []
  let left = times
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const text = await call()
      if (left % 1000 === 0) some.push(text)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return some
}

function keysIn(answer: string): Keys {
  const [accessKeyId = '', secretAccessKey = '', sessionToken = ''] = [
    'AccessKeyId',
    'SecretAccessKey',
    'SessionToken',
  ].map((name) => new RegExp(`<${name}>([^<]*)<`).exec(answer)?.[1] ?? '')
  return { accessKeyId, secretAccessKey, sessionToken }
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
function usedBytes(): number {
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

test('ten thousand live sessions cost no memory and no row', { timeout: 120_000 }, async (context) => {
  const world = await openWorld()
  context.after(() => world.close())
  const administrator = await world.account(ACCOUNT)
  const settings = { endpoint: world.endpoint, region: 'us-east-1', maxAttempts: 1 }
  const trust = { Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'sts:AssumeRole' }
  await new IAMClient({ ...settings, credentials: administrator }).send(
    new CreateRoleCommand({
      RoleName: 'Reader',
      AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: trust }),
    }),
  )
  const call = caller(world.endpoint, administrator)
  await assume(call, WARM_UP)
  const { revision } = world.core.store.current().head
  const before = usedBytes()
  const some = await assume(call, SESSIONS)
  const grown = usedBytes() - before
  assert.ok(grown < SESSIONS * BYTES_EACH_MAX, `${grown} bytes for ${SESSIONS} sessions`)
  assert.equal(world.core.store.current().head.revision, revision, 'nothing was stored')
  for (const answer of some) {
    const sts = new STSClient({ ...settings, credentials: keysIn(answer) })
    assert.match((await sts.send(new GetCallerIdentityCommand({}))).Arn ?? '', /assumed-role\/Reader\/ann$/)
  }
})
