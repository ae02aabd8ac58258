/** The commands against a real server in a process of its own, as people run them. */
import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { elementText, queryCall } from './aws-call.ts'
import { startTestServer } from './server.fixture.ts'
import type { TestServer } from './server.fixture.ts'

const ACCOUNT = '111122223333'
const SEED = `accounts:
  - id: "${ACCOUNT}"
    name: company
    administrator: { accessKeyId: AKIAQEXAMPLECOMPANYA, secretAccessKey: only-for-tests }
    users: [{ userName: bob, accessKeys: [{ accessKeyId: AKIAQEXAMPLECOMPANYB, secretAccessKey: bobs }] }]
    roles:
      - roleName: Machine
        assumeRolePolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { Service: ec2.amazonaws.com }, Action: "sts:AssumeRole" }] }
    instanceProfiles: [{ instanceProfileName: web, role: Machine }]
    instances: [{ instanceId: i-0123456789abcdef0, instanceProfile: web, listen: "127.0.0.1:0" }]
`
let server: TestServer

before(async () => {
  server = await startTestServer(['--ephemeral', '--clock', 'movable'], SEED)
})

after(async () => {
  const { folder } = server
  assert.equal(await server.stop('SIGTERM'), 0)
  rmSync(folder, { recursive: true, force: true })
})

const understudy: TestServer['understudy'] = (...args) => server.understudy(...args)

const asBob = { AWS_ACCESS_KEY_ID: 'AKIAQEXAMPLECOMPANYB', AWS_SECRET_ACCESS_KEY: 'bobs' }
const parsed = (ended: { readonly out: string }): unknown => JSON.parse(ended.out)

test('env prints what a shell needs, without the network', async () => {
  const { out, code } = await understudy(['env'])
  assert.equal(code, 0)
  assert.match(out, /^export AWS_ENDPOINT_URL=http:\/\/127\.0\.0\.1:\d+$/m)
  assert.match(out, /^export AWS_ACCESS_KEY_ID=AKIAQEXAMPLECOMPANYA$/m)
  assert.match(out, /^export AWS_SECRET_ACCESS_KEY=only-for-tests$/m)
  const json = parsed(await understudy(['env', '--account', 'company', '--json'])) as Record<string, string>
  assert.equal(json['AWS_ACCESS_KEY_ID'], 'AKIAQEXAMPLECOMPANYA')
  assert.equal((await understudy(['env', '--account', 'nobody'])).code, 1)
})

test('whoami says who the keys of the shell are', async () => {
  assert.match((await understudy(['whoami'])).out, /user\/administrator/)
  const json = parsed(await understudy(['whoami', '--json'], asBob)) as Record<string, string>
  assert.equal(json['arn'], `arn:aws:iam::${ACCOUNT}:user/bob`)
  const refused = await understudy(['whoami'], { ...asBob, AWS_SECRET_ACCESS_KEY: 'wrong' })
  assert.equal(refused.code, 1)
  const [, decision = ''] = /understudy why (\S+)`/.exec(refused.err) ?? []
  const why = await understudy(['why', decision])
  assert.match(why.out, /AUTH\.SIGNATURE_MISMATCH/)
  assert.match(why.out, /Our canonical request:\n {2}POST\n {2}\//)
  assert.match(why.out, /Our string to sign:\n {2}AWS4-HMAC-SHA256/)
})

test('a refusal is explained, encoded, and explained from its message', async () => {
  const keys = { accessKeyId: asBob.AWS_ACCESS_KEY_ID, secretAccessKey: asBob.AWS_SECRET_ACCESS_KEY }
  const denial = await queryCall({ endpoint: await endpoint(), keys, service: 'iam' }, 'ListUsers')
  const decisionId = denial.decisionId ?? ''
  const requestId = elementText(denial.body, 'RequestId') ?? ''
  const told = await understudy(['why', 'last'])
  assert.equal(told.code, 0)
  assert.match(told.out, /^DENIED \(nothing allows it\) {2}IDENTITY\.NO_ALLOW$/m)
  assert.match(told.out, /Smallest change that allows exactly this request/)
  const json = parsed(await understudy(['why', requestId, '--json'])) as Record<string, unknown>
  assert.deepEqual(
    [json['decisionId'], json['verdict'], json['kind'], json['action']],
    [decisionId, 'Deny', 'implicit', 'iam:ListUsers'],
  )
  const encoded = await understudy(['why', decisionId, '--encoded'])
  assert.match(encoded.out, /^[\w-]{40,10240}\n$/)
  assert.deepEqual(parsed(await understudy(['why', '-', '--json'], {}, encoded.out)), json)
  assert.equal((await understudy(['why', 'nonsense'])).code, 1)
  assert.equal((await understudy(['why', '-'], {}, 'nothing')).code, 2)
})

const endpoint = async (): Promise<string> =>
  (parsed(await understudy(['env', '--json'])) as Record<string, string>)['AWS_ENDPOINT_URL'] ?? ''

test('accounts are made, with keys that work', async () => {
  const made = parsed(
    await understudy(['account', 'create', '--id', '999988887777', '--name', 'new', '--json']),
  ) as Record<string, string>
  assert.deepEqual(Object.keys(made), ['accountId', 'accessKeyId', 'secretAccessKey'])
  const keys = { AWS_ACCESS_KEY_ID: made['accessKeyId'] ?? '', AWS_SECRET_ACCESS_KEY: made['secretAccessKey'] ?? '' }
  assert.match((await understudy(['whoami'], keys)).out, /arn:aws:iam::999988887777:user\/administrator/)
  assert.match((await understudy(['env', '--account', 'new'])).out, new RegExp(made['accessKeyId'] ?? '-'))
  const again = await understudy(['account', 'create', '--id', '999988887777'])
  assert.deepEqual([again.code, /is there already/.test(again.err)], [1, true])
})

test('a seed is planned, applied, and then there is nothing to do', async () => {
  const file = join(server.folder, 'more.yaml')
  writeFileSync(file, `accounts: [{ id: "${ACCOUNT}", groups: [{ groupName: g }] }]`)
  const planned = await understudy(['apply', file, '--plan'])
  assert.match(planned.out, new RegExp(`^\\+ create group g in ${ACCOUNT}\\n1 change to make`))
  assert.match((await understudy(['apply', file])).out, /1 change made/)
  assert.match((await understudy(['apply', file])).out, /Nothing to change/)
  const exported = await understudy(['export', '--account', 'company'])
  assert.match(exported.out, /groupName: g/)
  const back = join(server.folder, 'exported.yaml')
  writeFileSync(back, exported.out)
  assert.match((await understudy(['apply', back, '--plan'])).out, /Nothing to change/)
  writeFileSync(file, 'accounts:\n  - id: 111122223333')
  const refused = await understudy(['apply', file])
  assert.deepEqual([refused.code, /more\.yaml:2: .*quote it/.test(refused.err)], [1, true])
})

test('the clock moves, and instances rotate', async () => {
  const listed = parsed(await understudy(['imds', 'list', '--json'])) as readonly Record<string, string>[]
  assert.match(listed[0]?.['address'] ?? '', /^http:\/\/127\.0\.0\.1:[1-9]\d*$/)
  const moved = parsed(await understudy(['clock', 'advance', '55m', '--json'])) as Record<string, number>
  assert.ok((moved['offsetMilliseconds'] ?? 0) >= 55 * 60_000)
  assert.match((await understudy(['clock'])).out, /55m ahead/)
  assert.match((await understudy(['imds', 'rotate', 'i-0123456789abcdef0'])).out, /i-0123456789abcdef0/)
  assert.equal((await understudy(['imds', 'rotate', 'i-00000000'])).code, 1)
})

test('a reset brings the start back', async () => {
  assert.equal((await understudy(['reset'])).code, 0)
  assert.match((await understudy(['clock'])).out, /\(0s ahead\)/)
  assert.equal((await understudy(['export', '--account', '999988887777'])).code, 1)
  assert.equal((await understudy(['env', '--account', '999988887777'])).code, 1)
  assert.match((await understudy(['whoami'])).out, /user\/administrator/)
})

test('another token is refused, and nothing is told', async () => {
  const { code, err, out } = await understudy(['clock'], { UNDERSTUDY_TOKEN: 'nonsense' })
  assert.deepEqual([code, out], [1, ''])
  assert.match(err, /does not take this token/)
})

test('doctor finds out where a shell talks to', async () => {
  const lost = await understudy(['doctor'])
  assert.equal(lost.code, 1)
  assert.match(lost.out, /STS calls +go to the real AWS/)
  const variables = parsed(await understudy(['env', '--json'])) as Record<string, string>
  assert.match((await understudy(['doctor'], variables)).out, /S3 calls +go to this server/)
})
