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
  assert.deepEqual(
    found.outsiders.map(({ principal, outcome }) => `${principal} ${outcome}`),
    ['ec2.amazonaws.com allowed', 'lambda.amazonaws.com allowed'],
  )
  assert.equal(found.asked, 8)
})

test('services and identity providers, and what their calls have to bring', async () => {
  const service = (name: string, Condition?: object) => ({
    Effect: 'Allow',
    Principal: { Service: name },
    Action: 'sts:AssumeRole',
    ...(Condition ? { Condition } : {}),
  })
  const github = `arn:aws:iam::${A}:oidc-provider/token.actions.githubusercontent.com`
  const federated = (Federated: string, Action: string, Condition: object) => ({
    Effect: 'Allow',
    Principal: { Federated },
    Action,
    Condition,
  })
  await world.role(
    'outside',
    document(
      service('scheduler.amazonaws.com', { StringEquals: { 'aws:SourceAccount': A } }),
      { ...service('lambda.amazonaws.com'), Effect: 'Deny' },
      service('lambda.amazonaws.com'),
      federated(github, 'sts:AssumeRoleWithWebIdentity', {
        StringLike: { 'token.actions.githubusercontent.com:sub': 'repo:o/r:*' },
      }),
      federated(`arn:aws:iam::${A}:saml-provider/p`, 'sts:AssumeRoleWithSAML', { StringEquals: { 'saml:aud': 'x' } }),
    ),
  )
  const told = async (action: string) =>
    (await whoCan({ action, resource: arn('role', 'outside'), context: {} }, world.at())).outsiders.map(
      ({ principal, outcome, dependsOn }) => [principal, outcome, ...dependsOn].join(' '),
    )
  assert.deepEqual(await told('sts:AssumeRole'), ['scheduler.amazonaws.com depends aws:SourceAccount'])
  assert.deepEqual(await told('sts:AssumeRoleWithWebIdentity'), [
    `${github} depends token.actions.githubusercontent.com:sub`,
  ])
  assert.deepEqual(await told('sts:AssumeRoleWithSAML'), [`arn:aws:iam::${A}:saml-provider/p depends saml:aud`])
  assert.deepEqual(await told('sts:TagSession'), [])
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
