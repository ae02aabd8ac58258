/** Lineage, and sessions of services, through the command line of a started server. */
import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { ROOT } from '../house/files.ts'
import { start } from '../support/started.ts'
import type { Started } from '../support/started.ts'

const READER = 'arn:aws:iam::111122223333:role/apps/Reader'
const WEB = 'arn:aws:iam::111122223333:role/Web'
const partner = { accessKeyId: 'AKIAQEXAMPLEPARTNERB', secretAccessKey: 'only-for-tests-partner' }
const bob = { accessKeyId: 'AKIAQEXAMPLEBOBSKEYB', secretAccessKey: 'only-for-tests-bob' }

let server: Started
before(async () => {
  server = await start(['--ephemeral', '--seed', resolve(ROOT, 'tests/journey/seed.yaml')])
})
after(() => server.stop())

const settings = (credentials: object) => ({
  endpoint: server.aws,
  region: 'us-east-1',
  credentials: credentials as typeof bob,
  maxAttempts: 1,
})

test('the lineage of a session names who began it', async () => {
  const allow = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'sts:*', Resource: '*' } }
  await new IAMClient(settings(partner)).send(
    new PutUserPolicyCommand({ UserName: 'bob', PolicyName: 'sts', PolicyDocument: JSON.stringify(allow) }),
  )
  const { Credentials } = await new STSClient(settings(bob)).send(
    new AssumeRoleCommand({ RoleArn: READER, RoleSessionName: 'first' }),
  )
  const shown = await server.run(['lineage', Credentials?.AccessKeyId ?? ''])
  assert.equal(shown.code, 0, shown.err)
  assert.match(
    shown.out,
    /^arn:aws:iam::444455556666:user\/bob {2}\(key AKIAQEXAMPLEBOBSKEYB\)\n {2}→ arn:aws:sts::111122223333:assumed-role\/Reader\/first/,
  )
  assert.equal((await server.run(['lineage', 'ASIAQEXAMPLENOBODYAA'])).code, 1)
})

test('a service assumes the role that trusts it, and no other', async () => {
  const allowed = await server.run([
    'assume',
    '--as-service',
    'ec2.amazonaws.com',
    '--role-arn',
    WEB,
    '--session-name',
    'tried',
    '--json',
  ])
  assert.equal(allowed.code, 0, allowed.err)
  const { accessKeyId, secretAccessKey, sessionToken } = JSON.parse(allowed.out) as {
    accessKeyId: string
    secretAccessKey: string
    sessionToken: string
  }
  const identity = await new STSClient(settings({ accessKeyId, secretAccessKey, sessionToken })).send(
    new GetCallerIdentityCommand({}),
  )
  assert.equal(identity.Arn, 'arn:aws:sts::111122223333:assumed-role/Web/tried')
  const shown = await server.run(['lineage', accessKeyId])
  assert.match(
    shown.out,
    /^ {2}→ arn:aws:sts::111122223333:assumed-role\/Web\/tried {2}\(key ASIA\w+, service\)\n {6}proved by {9}ec2\.amazonaws\.com\n/,
  )
  const refused = await server.run(['assume', '--as-service', 'lambda.amazonaws.com', '--role-arn', WEB])
  assert.equal(refused.code, 1)
  assert.match(refused.err, /lambda\.amazonaws\.com is not allowed to assume/)
  const why = await server.run(['why', 'last', '--json'])
  assert.equal((JSON.parse(why.out) as { code: string }).code, 'TRUST.SERVICE_PRINCIPAL')
})

test('wrong words are wrong usage', async () => {
  assert.equal((await server.run(['assume', '--role-arn', WEB])).code, 2)
  assert.equal((await server.run(['assume', '--as-service', 'ec2', '--role-arn', WEB])).code, 1)
})
