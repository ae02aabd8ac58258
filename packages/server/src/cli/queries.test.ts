/** `lint`, `can`, `who-can` and `simulate` as people run them: the last three against a server in a process of its own. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startTestServer } from './server.fixture.ts'
import type { TestServer } from './server.fixture.ts'

const ACCOUNT = '111122223333'
const arn = (name: string) => `arn:aws:iam::${ACCOUNT}:${name}`
const SEED = `accounts:
  - id: "${ACCOUNT}"
    name: company
    users:
      - userName: alice
        inlinePolicies:
          assume: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "sts:AssumeRole", Resource: "*" }] }
      - userName: bob
    roles:
      - roleName: Partner
        assumeRolePolicyDocument:
          Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Principal: { AWS: "${ACCOUNT}" }
              Action: "sts:AssumeRole"
              Condition: { StringEquals: { "sts:ExternalId": "e1" } }
`
let server: TestServer
let folder: string

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-queries-'))
  server = await startTestServer(['--ephemeral'], SEED)
})
after(async () => {
  await server.stop('SIGTERM')
  rmSync(server.folder, { recursive: true, force: true })
  rmSync(folder, { recursive: true, force: true })
})

const file = (name: string, content: unknown): string => {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content, undefined, 2))
  return path
}
const parsed = (ended: { readonly out: string }): Record<string, unknown> =>
  JSON.parse(ended.out) as Record<string, unknown>

test('can: allowed, denied, and what it depends on', async () => {
  const ask = (who: string, ...more: readonly string[]) =>
    server.understudy(['can', arn(who), 'sts:AssumeRole', arn('role/Partner'), ...more])
  const depends = await ask('user/alice')
  assert.equal(depends.code, 0)
  assert.match(
    depends.out,
    /^depends {2}arn:aws:iam::111122223333:user\/alice\n {9}depends on sts:ExternalId; allowed with sts:ExternalId=e1$/m,
  )
  assert.match((await ask('user/alice', '--context', 'sts:ExternalId=e1')).out, /^allowed {2}/)
  const denied = await ask('user/bob')
  assert.equal(denied.code, 1)
  assert.match(denied.out, /^denied {3}\S+ {2}\(implicit-deny:\w+\)/)
  assert.deepEqual(parsed(await ask('user/alice', '--json'))['dependsOn'], ['sts:ExternalId'])
  const gone = await ask('user/gone')
  assert.equal(gone.code, 1)
  assert.match(gone.err, /There is no user, role or account `arn:aws:iam::111122223333:user\/gone` here/)
  assert.equal((await server.understudy(['can', arn('user/alice'), 'nonsense', '*'])).code, 1)
})

test('who-can: everybody, or nobody', async () => {
  const found = await server.understudy([
    'who-can',
    'sts:AssumeRole',
    arn('role/Partner'),
    '--context',
    'sts:ExternalId=e1',
  ])
  assert.equal(found.code, 0)
  assert.match(found.out, /^allowed {2}arn:aws:iam::111122223333:user\/alice$/m)
  const nobody = await server.understudy(['who-can', 'sts:AssumeRole', arn('role/Gone')])
  assert.equal(nobody.code, 1)
  assert.match(nobody.out, /^Nobody: \d+ principals were asked about\.$/m)
})

const CALL = { caller: arn('user/alice'), action: 'sts:AssumeRole', resource: arn('role/Partner') }

test('simulate: the answer of a real call, with its explanation', async () => {
  const denied = await server.understudy(['simulate', file('denied.json', CALL)])
  assert.equal(denied.code, 1)
  assert.match(denied.out, /^DENIED .*TRUST\.EXTERNAL_ID_MISSING$/m)
  const allowed = await server.understudy(
    ['simulate', '-'],
    {},
    JSON.stringify({ ...CALL, context: { 'sts:ExternalId': 'e1' } }),
  )
  assert.equal(allowed.code, 0, allowed.err)
  const statement = { Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'sts:AssumeRole' }
  const trust = { Version: '2012-10-17', Statement: [statement] }
  assert.equal((await server.understudy(['simulate', file('open.json', { ...CALL, policies: { trust } })])).code, 0)
  const root = parsed(
    await server.understudy(['simulate', '--json', file('root.json', { ...CALL, caller: arn('root') })]),
  )
  assert.match(JSON.stringify(root['refusal']), /Roles may not be assumed by root accounts/)
  const wrong = await server.understudy(['simulate', file('wrong.json', { ...CALL, polices: {} })])
  assert.equal(wrong.code, 1)
  assert.match(wrong.err, /`polices` is not known here/)
})

const policy = (statement: object) => ({ Version: '2012-10-17', Statement: [statement] })

test('lint: findings, exit codes, JSON and SARIF', async () => {
  const good = file('good.json', policy({ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' }))
  const bad = file(
    'bad.json',
    policy({ Effect: 'Allow', Action: ['s3:GetObjct', 'ec2:DescribeInstances'], Resource: 'arn:aws:s3:::b/*' }),
  )
  const fine = await server.understudy(['lint', good])
  assert.deepEqual([fine.code, fine.out], [0, '0 findings, 0 errors, in 1 file.\n'])
  const told = await server.understudy(['lint', good, bad])
  assert.equal(told.code, 1)
  assert.match(
    told.out,
    /bad\.json:7 {2}error {2}LINT\.NO_SUCH_ACTION {2}\/Statement\/0\/Action\/0\n {2}There is no action `s3:GetObjct`\. Did you mean `s3:GetObject`\?/,
  )
  const json = parsed(await server.understudy(['lint', bad, '--json']))['findings'] as readonly {
    readonly code: string
  }[]
  assert.deepEqual(
    json.map(({ code }) => code),
    ['LINT.NO_SUCH_ACTION', 'LINT.ACTION_NEEDS_STAR'],
  )
  const sarif = parsed(await server.understudy(['lint', bad, '--sarif']))
  assert.equal(sarif['version'], '2.1.0')
  assert.match(JSON.stringify(sarif), /"ruleId":"LINT\.NO_SUCH_ACTION","ruleIndex":1,"level":"error"/)
  assert.equal((await server.understudy(['lint', bad, '--json', '--sarif'])).code, 2)
  assert.equal((await server.understudy(['lint', bad, '--type', 'nonsense'])).code, 2)
  assert.equal((await server.understudy(['lint', join(folder, 'gone.json')])).code, 1)
})

test('lint knows foreign accounts when it knows its own', async () => {
  const trust = file(
    'trust.json',
    policy({ Effect: 'Allow', Principal: { AWS: '444455556666' }, Action: 'sts:AssumeRole' }),
  )
  const told = await server.understudy(['lint', trust, '--account', ACCOUNT])
  assert.equal(told.code, 0)
  assert.match(told.out, /security {2}LINT\.EXTERNAL_ID_MISSING/)
  assert.match((await server.understudy(['lint', trust])).out, /suggestion {2}LINT\.EXTERNAL_ID_MISSING/)
})
