/** Sessions that an operator ends: at once, for good, and nobody else's. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { outcome } from '../iam/client.ts'
import { start } from '../support/started.ts'
import type { Started } from '../support/started.ts'
import type { Keys } from '../support/world.ts'

const HOME = '111122223333'
const AWAY = '444455556666'
const administrator = (last: string) => ({
  accessKeyId: `AKIAQEXAMPLECOMPANY${last}`,
  secretAccessKey: 'only-for-tests',
})
const trust = (principal: object) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole' }],
})
const account = (id: string, last: string) => ({
  id,
  administrator: administrator(last),
  roles: [{ roleName: 'Reader', assumeRolePolicyDocument: trust({ AWS: [HOME, AWAY], Service: 'ec2.amazonaws.com' }) }],
})
const seed = {
  accounts: [
    {
      ...account(HOME, 'A'),
      instanceProfiles: [{ instanceProfileName: 'web', role: 'Reader' }],
      instances: [
        { instanceId: 'i-0123456789abcdef0', instanceProfile: 'web', listen: '127.0.0.1:0', httpTokens: 'optional' },
      ],
    },
    account(AWAY, 'B'),
  ],
}
const GONE = 'InvalidClientTokenId: The security token included in the request is invalid.'

function folderOf(context: TestContext): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-ended-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'seed.json'), JSON.stringify(seed))
  writeFileSync(join(folder, 'key'), randomBytes(32).toString('base64'))
  return ['--data', join(folder, 'data'), '--key-file', join(folder, 'key'), '--seed', join(folder, 'seed.json')]
}

const clientOf = ({ aws: endpoint }: Started, credentials: Keys) =>
  new STSClient({ endpoint, region: 'us-east-1', maxAttempts: 1, credentials })

async function session(server: Started, by: Keys, of = HOME): Promise<Keys> {
  const { Credentials: made } = await clientOf(server, by).send(
    new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${of}:role/Reader`, RoleSessionName: 'ann' }),
  )
  assert.ok(made?.AccessKeyId && made.SecretAccessKey && made.SessionToken)
  return { accessKeyId: made.AccessKeyId, secretAccessKey: made.SecretAccessKey, sessionToken: made.SessionToken }
}

const tried = (server: Started, keys: Keys) => outcome(clientOf(server, keys).send(new GetCallerIdentityCommand({})))

interface Instance {
  readonly address: string
}
interface Document {
  readonly AccessKeyId: string
  readonly SecretAccessKey: string
  readonly Token: string
}
async function instanceKeys(server: Started): Promise<Keys> {
  const [instance] = JSON.parse((await server.run(['imds', 'list', '--json'])).out) as readonly Instance[]
  const base = instance?.address.startsWith('http') ? instance.address : `http://${instance?.address}`
  const answer = await fetch(`${base}/latest/meta-data/iam/security-credentials/Reader`)
  const made = (await answer.json()) as Document
  return { accessKeyId: made.AccessKeyId, secretAccessKey: made.SecretAccessKey, sessionToken: made.Token }
}

test('one session ends, with nobody beside it, and stays ended over a restart', async (context) => {
  const options = folderOf(context)
  const first = await start(options)
  const [leaked, other] = [await session(first, administrator('A')), await session(first, administrator('A'))]
  const below = await session(first, leaked, AWAY).catch(() => undefined)
  assert.equal(below, undefined, 'Reader may assume nothing')
  assert.equal(await tried(first, leaked), 'ok')
  const ended = await first.run(['session', 'end', leaked.accessKeyId])
  assert.equal(ended.code, 0)
  assert.match(ended.out, new RegExp(`^The session of ${leaked.accessKeyId} has ended`))
  assert.equal(await tried(first, leaked), GONE)
  assert.equal(await tried(first, other), 'ok')
  const why = await first.run(['why', 'refusal', '--json'])
  assert.equal((JSON.parse(why.out) as { readonly code: string }).code, 'AUTH.SESSION_ENDED')
  const again = await first.run(['session', 'end', leaked.accessKeyId, '--json'])
  assert.equal((JSON.parse(again.out) as { readonly accountId: string }).accountId, HOME)
  await first.stop()
  const second = await start(options)
  context.after(() => second.stop())
  assert.equal(await tried(second, leaked), GONE)
  assert.equal(await tried(second, other), 'ok')
})

test('all sessions of an account end; its instances and the other accounts go on', async (context) => {
  const server = await start(folderOf(context))
  context.after(() => server.stop())
  const [own, theirs, machine] = [
    await session(server, administrator('A')),
    await session(server, administrator('B'), AWAY),
    await instanceKeys(server),
  ]
  for (const keys of [own, theirs, machine]) assert.equal(await tried(server, keys), 'ok')
  const ended = await server.run(['session', 'end', '--account', HOME])
  assert.equal(ended.code, 0)
  assert.match(ended.out, /have ended \(generation \d+\)\.\nInstances with new credentials: i-0123456789abcdef0/)
  for (const keys of [own, machine]) assert.notEqual(await tried(server, keys), 'ok')
  assert.equal(await tried(server, theirs), 'ok')
  assert.equal(await tried(server, await instanceKeys(server)), 'ok')
  assert.equal(await tried(server, await session(server, administrator('A'))), 'ok')
})

test('an instance whose key was ended gets another one when it is rotated', async (context) => {
  const server = await start(folderOf(context))
  context.after(() => server.stop())
  const leaked = await instanceKeys(server)
  assert.equal((await server.run(['session', 'end', leaked.accessKeyId])).code, 0)
  assert.equal(await tried(server, await instanceKeys(server)), GONE, 'the document is that of the period')
  assert.equal((await server.run(['imds', 'rotate', 'i-0123456789abcdef0'])).code, 0)
  const fresh = await instanceKeys(server)
  assert.notEqual(fresh.accessKeyId, leaked.accessKeyId)
  assert.equal(await tried(server, fresh), 'ok')
  assert.equal(await tried(server, leaked), GONE)
})

test('what is no session cannot be ended', async (context) => {
  const server = await start(['--ephemeral'])
  context.after(() => server.stop())
  const cases: readonly (readonly [args: readonly string[], code: number, says: RegExp])[] = [
    [['AKIAQEXAMPLECOMPANYA'], 1, /begin with ASIA/],
    [['ASIAIOSFODNN7EXAMPLE'], 1, /begin with ASIA/],
    [['ASIAQNZGKIQY56JQ7WML'], 1, /account 029608264753 is not on this server/],
    [['--account', '999999999999'], 1, /There is no account `999999999999`/],
    [[], 2, /access key id of a session, or `--account ID`/],
    [['ASIAQNZGKIQY56JQ7WML', '--account', HOME], 2, /access key id of a session, or `--account ID`/],
  ]
  for (const [args, code, says] of cases) {
    const { code: got, err } = await server.run(['session', 'end', ...args])
    assert.equal(got, code, args.join(' '))
    assert.match(err, says)
  }
})
