import assert from 'node:assert/strict'
import { ALLOW_LIST, worldTest, TRUST_EC2 } from './testing/world.ts'
import type { World } from './testing/world.ts'

const AWS_POLICY = 'arn:aws:iam::aws:policy/ReadOnlyAccess'

async function fill(run: World['run']): Promise<void> {
  for (const UserName of ['u1', 'u2', 'u3']) await run('CreateUser', { UserName })
  await run('CreateGroup', { GroupName: 'g' })
  await run('CreateRole', {
    RoleName: 'r',
    AssumeRolePolicyDocument: TRUST_EC2,
    Description: 'd',
    PermissionsBoundary: AWS_POLICY,
  })
  await run('CreatePolicy', { PolicyName: 'p', PolicyDocument: ALLOW_LIST, Description: 'd' })
}

worldTest(
  'all four lists are always there, and a user without inline policies has no list of them',
  async ({ run }) => {
    await fill(run)
    await run('PutRolePolicy', { RoleName: 'r', PolicyName: 'i', PolicyDocument: ALLOW_LIST })
    await run('CreateInstanceProfile', { InstanceProfileName: 'ip' })
    await run('AddRoleToInstanceProfile', { InstanceProfileName: 'ip', RoleName: 'r' })
    const all = await run('GetAccountAuthorizationDetails', {})
    const counts = [all.UserDetailList, all.GroupDetailList, all.RoleDetailList, all.Policies].map(
      (list) => list?.length,
    )
    assert.deepEqual(counts, [3, 1, 1, 2])
    assert.deepEqual(Object.keys(all.UserDetailList?.[0] ?? {}), [
      'Path',
      'UserName',
      'UserId',
      'Arn',
      'CreateDate',
      'GroupList',
      'AttachedManagedPolicies',
      'Tags',
    ])
    const role = all.RoleDetailList?.[0]
    assert.deepEqual(Object.keys(role ?? {}), [
      'Path',
      'RoleName',
      'RoleId',
      'Arn',
      'CreateDate',
      'AssumeRolePolicyDocument',
      'InstanceProfileList',
      'RolePolicyList',
      'AttachedManagedPolicies',
      'PermissionsBoundary',
      'Tags',
      'RoleLastUsed',
    ])
    assert.deepEqual([role?.InstanceProfileList?.length, role?.RolePolicyList?.length], [1, 1])
    const [local, aws] = all.Policies ?? []
    assert.deepEqual(
      [local?.PolicyName, local?.PolicyVersionList?.length, local && 'Description' in local],
      ['p', 1, false],
    )
    assert.deepEqual([aws?.Arn, aws?.AttachmentCount, aws?.PermissionsBoundaryUsageCount], [AWS_POLICY, 0, 1])
  },
)

worldTest('pages cross the lists, in the order users, roles, groups, policies', async ({ run }) => {
  await fill(run)
  const seen: string[] = []
  let Marker: string | undefined
  do {
    const page = await run('GetAccountAuthorizationDetails', { MaxItems: 2, Marker })
    for (const item of page.UserDetailList ?? []) seen.push(item.UserName ?? '')
    for (const item of page.RoleDetailList ?? []) seen.push(item.RoleName ?? '')
    for (const item of page.GroupDetailList ?? []) seen.push(item.GroupName ?? '')
    for (const item of page.Policies ?? []) seen.push(item.PolicyName ?? '')
    Marker = page.Marker
  } while (Marker !== undefined)
  assert.deepEqual(seen, ['u1', 'u2', 'u3', 'r', 'g', 'p', 'ReadOnlyAccess'])
})

worldTest('a marker belongs to its set of filters', async ({ run, outcome }) => {
  await fill(run)
  const { Marker } = await run('GetAccountAuthorizationDetails', {
    MaxItems: 1,
    Filter: ['Group', 'User', 'LocalManagedPolicy'],
  })
  const next = (input: object) => outcome('GetAccountAuthorizationDetails', { MaxItems: 1, Marker, ...input })
  assert.equal(await next({ Filter: ['LocalManagedPolicy', 'User', 'Group', 'User'] }), 'ok')
  assert.equal(await next({ MaxItems: 3, Filter: ['Group', 'User', 'LocalManagedPolicy'] }), 'ok')
  assert.equal(await next({ Filter: ['Group'] }), 'ValidationError: Marker and Filter do not match')
  assert.equal(await next({}), 'ValidationError: Invalid Marker.')
  assert.equal(
    await next({ Marker: 'not-an-aws-marker', Filter: ['User'] }),
    'ValidationError: Marker and Filter do not match',
  )
  const free = await run('GetAccountAuthorizationDetails', { MaxItems: 1 })
  const five = ['AWSManagedPolicy', 'LocalManagedPolicy', 'Role', 'Group', 'User'] as const
  assert.equal(await next({ Marker: free.Marker, Filter: five }), 'ok')
  assert.equal(await next({ Marker: free.Marker, Filter: five.slice(1) }), 'ValidationError: Invalid Marker.')
})
