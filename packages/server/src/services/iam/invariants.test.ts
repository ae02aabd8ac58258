/** Whatever is called in whatever order: every name, key and ARN that a row holds leads to something. */
import assert from 'node:assert/strict'
import test from 'node:test'
import * as fc from 'fast-check'
import type { IamOperations } from '@understudy/wire'
import { accessKeys, folded, groups, instanceProfiles, managedPolicies, roles, users } from '../../entities/iam.ts'
import type { Reader } from '../../store/port.ts'
import { ALLOW_LIST, HOME, openWorld, TRUST_EC2, trusting } from './testing/world.ts'
import type { World } from './testing/world.ts'

type Step = { [N in keyof IamOperations]: readonly [N, IamOperations[N]['input']] }[keyof IamOperations]

const user = fc.constantFrom('ann', 'Ann', 'bob', 'cat')
const group = fc.constantFrom('red', 'RED', 'blue')
const role = fc.constantFrom('r1', 'R1', 'r2')
const profile = fc.constantFrom('p1', 'P1', 'p2')
const policy = fc.constantFrom('m1', 'm2')
const path = fc.constantFrom('/', '/a/')
const policyArn = fc.oneof(
  policy.map((name) => `arn:aws:iam::${HOME}:policy/${name}`),
  fc.constant('arn:aws:iam::aws:policy/ReadOnlyAccess'),
)
const trust = fc.constantFrom(
  TRUST_EC2,
  trusting(`arn:aws:iam::${HOME}:user/ann`),
  trusting(`arn:aws:iam::${HOME}:user/a/bob`),
)

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(fc.constant('CreateUser' as const), fc.record({ UserName: user, Path: path })),
  fc.tuple(fc.constant('UpdateUser' as const), fc.record({ UserName: user, NewUserName: user, NewPath: path })),
  fc.tuple(fc.constant('DeleteUser' as const), fc.record({ UserName: user })),
  fc.tuple(fc.constant('CreateAccessKey' as const), fc.record({ UserName: user })),
  fc.tuple(fc.constant('CreateGroup' as const), fc.record({ GroupName: group })),
  fc.tuple(fc.constant('UpdateGroup' as const), fc.record({ GroupName: group, NewGroupName: group })),
  fc.tuple(fc.constant('DeleteGroup' as const), fc.record({ GroupName: group })),
  fc.tuple(fc.constant('AddUserToGroup' as const), fc.record({ GroupName: group, UserName: user })),
  fc.tuple(fc.constant('RemoveUserFromGroup' as const), fc.record({ GroupName: group, UserName: user })),
  fc.tuple(fc.constant('CreateRole' as const), fc.record({ RoleName: role, AssumeRolePolicyDocument: trust })),
  fc.tuple(fc.constant('UpdateAssumeRolePolicy' as const), fc.record({ RoleName: role, PolicyDocument: trust })),
  fc.tuple(fc.constant('DeleteRole' as const), fc.record({ RoleName: role })),
  fc.tuple(fc.constant('CreateInstanceProfile' as const), fc.record({ InstanceProfileName: profile })),
  fc.tuple(fc.constant('DeleteInstanceProfile' as const), fc.record({ InstanceProfileName: profile })),
  fc.tuple(
    fc.constantFrom('AddRoleToInstanceProfile' as const, 'RemoveRoleFromInstanceProfile' as const),
    fc.record({ InstanceProfileName: profile, RoleName: role }),
  ),
  fc.tuple(
    fc.constant('CreatePolicy' as const),
    fc.record({ PolicyName: policy, PolicyDocument: fc.constant(ALLOW_LIST) }),
  ),
  fc.tuple(fc.constant('DeletePolicy' as const), fc.record({ PolicyArn: policyArn })),
  fc.tuple(
    fc.constantFrom('AttachUserPolicy' as const, 'DetachUserPolicy' as const),
    fc.record({ UserName: user, PolicyArn: policyArn }),
  ),
  fc.tuple(
    fc.constantFrom('AttachGroupPolicy' as const, 'DetachGroupPolicy' as const),
    fc.record({ GroupName: group, PolicyArn: policyArn }),
  ),
  fc.tuple(
    fc.constantFrom('AttachRolePolicy' as const, 'DetachRolePolicy' as const),
    fc.record({ RoleName: role, PolicyArn: policyArn }),
  ),
  fc.tuple(
    fc.constant('PutUserPermissionsBoundary' as const),
    fc.record({ UserName: user, PermissionsBoundary: policyArn }),
  ),
  fc.tuple(fc.constant('DeleteUserPermissionsBoundary' as const), fc.record({ UserName: user })),
)

/** Everything that does not lead anywhere. */
async function dangling(store: Reader, world: World): Promise<readonly string[]> {
  const wrong: string[] = []
  const people = await store.list(users, HOME)
  const teams = await store.list(groups, HOME)
  const parts = await store.list(roles, HOME)
  const own = new Set(
    (await store.list(managedPolicies, HOME)).map((row) => `arn:aws:iam::${HOME}:policy${row.path}${row.name}`),
  )
  const isPolicy = (arn: string) => own.has(arn) || world.call.platform.catalogue.get(arn) !== undefined
  for (const holder of [...people, ...teams, ...parts])
    for (const arn of holder.attached) if (!isPolicy(arn)) wrong.push(`${holder.name} has ${arn}`)
  for (const person of people) {
    if (person.boundary !== undefined && !isPolicy(person.boundary)) wrong.push(`${person.name} is bounded by nothing`)
    for (const name of person.groups)
      if (!teams.some((team) => team.name === name)) wrong.push(`${person.name} is in ${name}`)
  }
  for (const key of await store.list(accessKeys, HOME)) {
    const owner = people.find((person) => person.id === key.ownerId)
    if (owner?.name !== key.userName) wrong.push(`${key.id} is of ${key.userName}, its owner is ${owner?.name}`)
  }
  for (const row of await store.list(instanceProfiles, HOME))
    if (row.role !== undefined && !parts.some((part) => folded(part.name) === folded(row.role ?? '')))
      wrong.push(`${row.name} holds ${row.role}`)
  return wrong
}

test('no order of calls leaves a name, key or ARN that leads nowhere', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 60, maxLength: 120, size: 'max' }), async (steps) => {
      const world = await openWorld()
      try {
        for (const [name, input] of steps) await world.outcome(name, input as never)
        assert.deepEqual(await world.store.read((reader) => dangling(reader, world)), [])
        // The last word of the trust policies: an ARN of somebody who is there, or the id of somebody who is gone.
        const { RoleDetailList = [] } = await world.run('GetAccountAuthorizationDetails', { Filter: ['Role'] })
        for (const detail of RoleDetailList) {
          const principal = /"AWS":"([^"]*)"/.exec(decodeURIComponent(detail.AssumeRolePolicyDocument ?? ''))?.[1]
          if (principal?.startsWith('arn:'))
            assert.equal(await world.outcome('GetUser', { UserName: principal.split('/').at(-1) ?? '' }), 'ok')
          else if (principal !== undefined) assert.match(principal, /^AIDA/)
        }
      } finally {
        await world.store.close()
      }
    }),
    { numRuns: 30 },
  )
})

test('of many at once, one makes the role and two get a key', async () => {
  const world = await openWorld()
  try {
    await world.run('CreateUser', { UserName: 'ann' })
    const made = await Promise.all(
      Array.from({ length: 20 }, () =>
        world.outcome('CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: TRUST_EC2 }),
      ),
    )
    assert.equal(made.filter((result) => result === 'ok').length, 1)
    const keys = await Promise.all(
      Array.from({ length: 20 }, () => world.outcome('CreateAccessKey', { UserName: 'ann' })),
    )
    assert.equal(keys.filter((result) => result === 'ok').length, 2)
  } finally {
    await world.store.close()
  }
})
