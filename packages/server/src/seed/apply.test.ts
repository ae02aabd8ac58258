/** Applying seeds: what is made, that a second time changes nothing, that a bad seed leaves nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { instances } from '../entities/ec2.ts'
import { accessKeys, accessKeySealOwner, accounts, EVERYWHERE, managedPolicies, roles, users } from '../entities/iam.ts'
import { organizations } from '../entities/organization.ts'
import { buckets } from '../entities/s3.ts'
import { createAccount } from './apply.ts'
import { emptyWorld } from './fixture.ts'
import type { World } from './fixture.ts'
import { SeedRefused } from './types.ts'

const A = '111122223333'
const B = '444455556666'
const COMPANY = `
accounts:
  - id: "${A}"
    name: company
    administrator: { accessKeyId: AKIAQEXAMPLECOMPANYA, secretAccessKey: only-for-tests }
    root: { accessKeyId: AKIAQEXAMPLECOMPANYR, secretAccessKey: only-for-tests-too }
    policies:
      - policyName: ReadReports
        document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::reports/*" }] }
    groups:
      - { groupName: analysts, attachedPolicies: [ReadReports] }
    users:
      - userName: alice
        accessKeys: [{ accessKeyId: AKIAQEXAMPLECOMPANYB, secretAccessKey: alices }]
        groups: [Analysts]
        attachedPolicies: ["arn:aws:iam::aws:policy/ReadOnlyAccess", ReadReports]
        permissionsBoundary: ReadReports
        tags: { team: blue }
    roles:
      - roleName: Reader
        path: /apps/
        attachedPolicies: [ReadReports]
        assumeRolePolicyDocument:
          Version: "2012-10-17"
          Statement: { Effect: Allow, Principal: { AWS: "arn:aws:iam::${B}:user/bob" }, Action: "sts:AssumeRole" }
    instanceProfiles: [{ instanceProfileName: web, role: Reader }]
    instances: [{ instanceId: i-0123456789abcdef0, instanceProfile: web, listen: "127.0.0.1:0" }]
    buckets:
      - bucket: reports
        policy: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "arn:aws:iam::${A}:role/apps/Reader" }, Action: "s3:GetObject", Resource: "arn:aws:s3:::reports/*" }] }
        objects: { "2026/q1.csv": "a,b" }
  - id: "${B}"
    name: partner
    users: [{ userName: bob }]
organization:
  accounts: [company]
  units:
    - name: partners
      accounts: ["${B}"]
      serviceControlPolicies:
        - policyName: NoIam
          document: { Version: "2012-10-17", Statement: [{ Effect: Deny, Action: "iam:*", Resource: "*" }] }
`

test('a seed makes everything it says', async (context) => {
  const { store, parts, apply } = await emptyWorld(context)
  const plan = await apply(COMPANY)
  assert.ok(plan.steps.every((step) => step.action === 'create'))
  await store.read(async (reader) => {
    const alice = await reader.get(users, A, 'alice')
    assert.deepEqual(alice?.groups, ['analysts'])
    assert.deepEqual(alice?.attached, [
      'arn:aws:iam::aws:policy/ReadOnlyAccess',
      `arn:aws:iam::${A}:policy/ReadReports`,
    ])
    assert.equal(alice?.boundary, `arn:aws:iam::${A}:policy/ReadReports`)
    const key = await reader.findUnique(accessKeys, 'id', 'AKIAQEXAMPLECOMPANYB')
    assert.equal(
      parts.vault.open(key?.row.sealedSecret ?? '', accessKeySealOwner(A, 'AKIAQEXAMPLECOMPANYB', alice?.id ?? '')),
      'alices',
    )
    const root = await reader.findUnique(accessKeys, 'id', 'AKIAQEXAMPLECOMPANYR')
    assert.deepEqual([root?.row.ownerId, root?.row.userName], [A, undefined])
    const bob = await reader.get(users, B, 'bob')
    const reader_ = await reader.get(roles, A, 'reader')
    assert.deepEqual(reader_?.trustBindings, { [`arn:aws:iam::${B}:user/bob`]: bob?.id })
    const bucket = await reader.get(buckets, A, 'reports')
    assert.deepEqual(bucket?.policyBindings, { [`arn:aws:iam::${A}:role/apps/Reader`]: reader_?.id })
    assert.equal(bucket?.publicAccessBlock?.BlockPublicPolicy, true)
    assert.equal((await reader.get(instances, A, 'i-0123456789abcdef0'))?.options.httpTokens, 'required')
    assert.deepEqual((await reader.get(users, B, 'administrator'))?.attached, [
      'arn:aws:iam::aws:policy/AdministratorAccess',
    ])
    const [organization] = await reader.list(organizations, EVERYWHERE)
    const unit = organization?.units.find((candidate) => candidate.name === 'partners')
    assert.deepEqual(
      unit?.serviceControlPolicies.map((policy) => policy.name),
      ['FullAWSAccess', 'NoIam'],
    )
  })
  assert.equal((await store.objects.get('reports', '2026/q1.csv'))?.size, 3)
  assert.deepEqual(
    plan.newKeys.map((key) => [key.accountId, key.userName]),
    [[B, 'administrator']],
  )
})

test('a second time there is nothing to do', async (context) => {
  const { apply, plan, store } = await emptyWorld(context)
  await apply(COMPANY)
  const before = await store.read(async (reader) => reader.head)
  assert.deepEqual((await plan(COMPANY)).steps, [])
  assert.deepEqual((await apply(COMPANY)).steps, [])
  assert.deepEqual(await store.read(async (reader) => reader.head), before)
})

test('a plan says what applying does, and writes nothing', async (context) => {
  const { apply, plan, store } = await emptyWorld(context)
  const planned = await plan(COMPANY)
  assert.deepEqual(await store.read((reader) => reader.list(accounts, EVERYWHERE)), [])
  const texts = (steps: typeof planned.steps) =>
    steps.map((step) => step.text.replaceAll(/AKIA[A-Z2-7]{16}|o-[a-z2-7]+/g, 'id'))
  assert.deepEqual(texts((await apply(COMPANY)).steps), texts(planned.steps))
})

const one = (members: string) => `accounts: [{ id: "${A}", ${members} }]`
const document = (action: string) =>
  `{ Version: "2012-10-17", Statement: { Effect: Allow, Action: "${action}", Resource: "*" } }`
const changed: readonly (readonly [name: string, before: string, after: string, steps: readonly string[]])[] = [
  [
    'a new document is a new version',
    `policies: [{ policyName: P, document: ${document('s3:*')} }]`,
    `policies: [{ policyName: P, document: ${document('iam:*')} }]`,
    [`change policy P in ${A}: document, as version v2`],
  ],
  [
    'an attachment is added, none goes',
    `users: [{ userName: u, attachedPolicies: ["arn:aws:iam::aws:policy/ReadOnlyAccess"] }]`,
    `users: [{ userName: u, attachedPolicies: ["arn:aws:iam::aws:policy/IAMFullAccess"] }]`,
    [`change user u in ${A}: attach arn:aws:iam::aws:policy/IAMFullAccess`],
  ],
  [
    'a tag takes its new value',
    `users: [{ userName: u, tags: { team: blue, x: y } }]`,
    `users: [{ userName: u, tags: { Team: red } }]`,
    [`change user u in ${A}: tag Team=red`],
  ],
  ['what is left out stays', `users: [{ userName: u }]`, `groups: [{ groupName: g }]`, [`create group g in ${A}`]],
  [
    'a secret is replaced',
    `root: { accessKeyId: AKIAQEXAMPLECOMPANYR, secretAccessKey: a }`,
    `root: { accessKeyId: AKIAQEXAMPLECOMPANYR, secretAccessKey: b }`,
    [`change access key AKIAQEXAMPLECOMPANYR in ${A}: its secret`],
  ],
  [
    'an object says something else',
    `buckets: [{ bucket: bbb, objects: { k: old } }]`,
    `buckets: [{ bucket: bbb, objects: { k: new } }]`,
    [`change object bbb/k in ${A}`],
  ],
  [
    'an instance gets other options',
    `instances: [{ instanceId: i-01234567 }]`,
    `instances: [{ instanceId: i-01234567, httpTokens: optional }]`,
    [`change instance i-01234567 in ${A}: options`],
  ],
  [
    'blanks in a document say nothing',
    `policies: [{ policyName: P, document: ${document('s3:*')} }]`,
    `policies: [{ policyName: P, document: '{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"},"Version":"2012-10-17"}' }]`,
    [],
  ],
]
for (const [name, before, after, steps] of changed)
  test(`changed: ${name}`, async (context) => {
    const { apply, plan } = await emptyWorld(context)
    await apply(one(before))
    assert.deepEqual(
      (await plan(one(after))).steps.map((step) => step.text),
      steps,
    )
    assert.deepEqual(
      (await apply(one(after))).steps.map((step) => step.text),
      steps,
    )
    assert.deepEqual((await apply(one(after))).steps, [])
  })

const trusting = (principal: string) =>
  `roles: [{ roleName: R, assumeRolePolicyDocument: { Version: "2012-10-17", Statement: { Effect: Allow, Principal: { AWS: "${principal}" }, Action: "sts:AssumeRole" } } }]`
const impossible: readonly (readonly [name: string, members: string, says: RegExp])[] = [
  ['a policy that is not there', 'users: [{ userName: u, attachedPolicies: [Nope] }]', /has no policy `Nope`/],
  [
    "AWS's policy by name",
    'users: [{ userName: u, attachedPolicies: [ReadOnlyAccess] }]',
    /arn:aws:iam::aws:policy\/ReadOnlyAccess/,
  ],
  [
    'a policy that AWS does not have',
    'users: [{ userName: u, attachedPolicies: ["arn:aws:iam::aws:policy/Nope"] }]',
    /AWS has no managed policy/,
  ],
  [
    'a policy of another account',
    `users: [{ userName: u, attachedPolicies: ["arn:aws:iam::${B}:policy/P"] }]`,
    /no policy of AWS or of account/,
  ],
  ['a group that is not there', 'users: [{ userName: u, groups: [g] }]', /has no group `g`/],
  ['a role that is not there', 'instanceProfiles: [{ instanceProfileName: p, role: R }]', /has no role `R`/],
  [
    'a profile that is not there',
    'instances: [{ instanceId: i-01234567, instanceProfile: p }]',
    /has no instance profile `p`/,
  ],
  [
    'a principal that is not there',
    trusting(`arn:aws:iam::${A}:user/nobody`),
    /Invalid principal in policy: there is no arn:aws:iam::111122223333:user\/nobody/,
  ],
  ['a new role without trust', 'roles: [{ roleName: R }]', /needs `assumeRolePolicyDocument`/],
]
for (const [name, members, says] of impossible)
  test(`refused, and nothing is left: ${name}`, async (context) => {
    const world = await emptyWorld(context)
    const text = one(
      `buckets: [{ bucket: bbb, objects: { k: v } }], policies: [{ policyName: Fine, document: ${document('s3:*')} }], ${members}`,
    )
    await refusedWith(world, text, says)
    await world.store.read(async (reader) => {
      assert.deepEqual(await reader.list(accounts, EVERYWHERE), [])
      assert.deepEqual(await reader.list(managedPolicies, A), [])
    })
    assert.equal(await world.store.objects.get('bbb', 'k'), undefined)
  })

async function refusedWith(world: World, text: string, says: RegExp): Promise<void> {
  for (const attempt of [world.plan, world.apply])
    await assert.rejects(attempt(text), (error) => {
      assert.ok(error instanceof SeedRefused)
      assert.match(error.message, says)
      return true
    })
}

test('a role that was made again is bound again', async (context) => {
  const world = await emptyWorld(context)
  const text = one(`users: [{ userName: u }], ${trusting(`arn:aws:iam::${A}:user/u`)}`)
  await world.apply(text)
  await world.store.write([A], (writer) => writer.remove(users, A, 'u'))
  assert.deepEqual(
    (await world.apply(text)).steps.map((step) => step.text),
    [`create user u in ${A}`, `change role R in ${A}: trust policy names principals of today`],
  )
})

test('the sixth version drops the oldest one', async (context) => {
  const { apply, store } = await emptyWorld(context)
  for (const action of ['a', 'b', 'c', 'd', 'e', 'f'])
    await apply(one(`policies: [{ policyName: P, document: ${document(`s3:${action}`)} }]`))
  const policy = await store.read((reader) => reader.get(managedPolicies, A, 'p'))
  assert.deepEqual(
    policy?.versions.map((version) => version.id),
    ['v2', 'v3', 'v4', 'v5', 'v6'],
  )
  assert.equal(policy?.defaultVersion, 'v6')
})

test('an account can be made alone', async (context) => {
  const { store, parts } = await emptyWorld(context)
  const made = await createAccount(store, parts, { name: 'new' })
  assert.match(made.accountId, /^[1-9]\d{11}$/)
  const key = await store.read((reader) => reader.findUnique(accessKeys, 'id', made.accessKeyId))
  assert.equal(
    parts.vault.open(
      key?.row.sealedSecret ?? '',
      accessKeySealOwner(made.accountId, made.accessKeyId, key?.row.ownerId ?? ''),
    ),
    made.secretAccessKey,
  )
  await assert.rejects(createAccount(store, parts, { id: made.accountId }), /is there already/)
  await assert.rejects(createAccount(store, parts, { name: 'NEW' }), /belongs to account/)
  await assert.rejects(createAccount(store, parts, { id: '12' }), /twelve digits/)
})
