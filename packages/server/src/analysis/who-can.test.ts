import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { A, B, allow, analysisWorld, arn, document, trusting } from './fixture.ts'
import type { AnalysisWorld } from './fixture.ts'
import { whoCan } from './who-can.ts'

let world: AnalysisWorld

before(async () => {
  world = await analysisWorld()
  const assuming = { policy: document(allow('sts:AssumeRole')) }
  await world.user('alice', assuming)
  await world.user('carol', {})
  await world.user('bob', assuming, B)
  await world.role(
    'first',
    document(trusting(arn('user', 'bob', B), { StringEquals: { 'sts:ExternalId': 'e' } })),
    assuming,
  )
  await world.role('second', document(trusting([arn('role', 'first'), arn('user', 'alice')])), assuming)
  await world.role(
    'target',
    document(trusting(arn('role', 'second')), {
      Effect: 'Allow',
      Principal: { Service: ['ec2.amazonaws.com', 'lambda.amazonaws.com'] },
      Action: 'sts:AssumeRole',
    }),
  )
  await world.bucket('data')
})
after(() => world.close())

const shown = (found: Awaited<ReturnType<typeof whoCan>>): readonly string[] =>
  found.principals.map(({ principal, outcome, through, dependsOn }) =>
    [
      principal.replace('arn:aws:iam::', ''),
      outcome,
      ...dependsOn,
      ...through.map((role) => `via ${role.split('/')[1]}`),
    ].join(' '),
  )

test('every way to a role', async () => {
  const query = { action: 'sts:AssumeRole', resource: arn('role', 'target'), context: {} }
  const found = await whoCan(query, world.at())
  assert.deepEqual(shown(found), [
    `${A}:role/second allowed`,
    `${A}:user/alice allowed via second`,
    `${A}:role/first allowed via second`,
    `${B}:user/bob depends sts:ExternalId via first via second`,
  ])
  assert.deepEqual(found.services, ['ec2.amazonaws.com', 'lambda.amazonaws.com'])
  assert.equal(found.asked, 8)
})

test('a circle of roles ends', async () => {
  await world.role('left', document(trusting(A)), { policy: document(allow('sts:AssumeRole')) })
  const found = await whoCan({ action: 'sts:AssumeRole', resource: arn('role', 'left'), context: {} }, world.at())
  assert.ok(shown(found).includes(`${A}:user/alice allowed`))
  assert.equal(new Set(found.principals.map(({ principal }) => principal)).size, found.principals.length)
})

test('who reads a bucket through roles', async () => {
  await world.user('dev', {})
  await world.role('roleB', document(trusting(arn('user', 'dev'))))
  await world.role('roleA', document(trusting(arn('role', 'roleB'))), {
    policy: document(allow('s3:GetObject', 'arn:aws:s3:::pay/*')),
  })
  await world.role('roleC', document(trusting('arn:aws:iam::222222222222:root')), {
    policy: document(allow('sts:AssumeRole', arn('role', 'roleA'))),
  })
  const query = { action: 's3:GetObject', resource: 'arn:aws:s3:::pay/x', context: {} }
  assert.deepEqual(
    shown(await whoCan(query, world.at())).filter((line) => line.includes(`${A}:`)),
    [
      `${A}:root allowed`,
      `${A}:role/roleA allowed`,
      `${A}:role/roleB allowed via roleA`,
      `${A}:user/dev allowed via roleB via roleA`,
    ],
  )
})

test('who reads a bucket', async () => {
  const query = { action: 's3:GetObject', resource: 'arn:aws:s3:::data/x', context: {} }
  assert.deepEqual(shown(await whoCan(query, world.at())), [`${A}:root allowed`])
})

test('a service control policy binds members', async () => {
  const text = document(allow('*'), { Effect: 'Deny', Action: 'sts:AssumeRole', Resource: '*' })
  const policy = {
    name: 'deny',
    arn: 'arn:aws:organizations::222222222222:policy/o-tests/service_control_policy/p-1',
    text,
  }
  const root = { id: 'r-1', name: 'Root', accounts: [A], resourceControlPolicies: [] }
  await world.organization({
    units: [{ ...root, serviceControlPolicies: [policy] }],
    accountPolicies: { [A]: { scp: [{ ...policy, text: document(allow('*')) }], rcp: [] } },
  })
  const query = { action: 'sts:AssumeRole', resource: arn('role', 'target'), context: {} }
  assert.deepEqual(shown(await whoCan(query, world.at())), [])
})
