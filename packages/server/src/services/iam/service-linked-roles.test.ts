import assert from 'node:assert/strict'
import test from 'node:test'
import { loadManagedPolicyCatalogue } from '../../entities/catalogue/load.ts'
import { SERVICE_LINKED_NAMES } from './service-linked-names.ts'
import { ALLOW_LIST, AWAY, questions, rootOf, TRUST_EC2, worldTest } from './testing/world.ts'

const RoleName = 'AWSServiceRoleForAutoScaling_probe'
const PROTECTED = `UnmodifiableEntity: Cannot perform the operation on the protected role '${RoleName}' - this role is only modifiable by AWS`
const AWSServiceName = 'autoscaling.amazonaws.com'
const PolicyArn = 'arn:aws:iam::aws:policy/ReadOnlyAccess'

worldTest('a service-linked role, from creation to the end', async ({ run, outcome }) => {
  const { Role } = await run('CreateServiceLinkedRole', { AWSServiceName, CustomSuffix: 'probe' })
  assert.deepEqual(Object.keys(Role ?? {}), [
    'Path',
    'RoleName',
    'RoleId',
    'Arn',
    'CreateDate',
    'AssumeRolePolicyDocument',
  ])
  assert.equal(Role?.Arn, `arn:aws:iam::111111111111:role/aws-service-role/${AWSServiceName}/${RoleName}`)
  assert.equal(
    decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''),
    '{"Version":"2012-10-17","Statement":[{"Action":["sts:AssumeRole"],"Effect":"Allow","Principal":{"Service":["autoscaling.amazonaws.com"]}}]}',
  )
  assert.equal(
    await outcome('CreateServiceLinkedRole', { AWSServiceName, CustomSuffix: 'probe' }),
    `InvalidInput: Service role name ${RoleName} has been taken in this account, please try a different suffix.`,
  )
  const attached = (await run('ListAttachedRolePolicies', { RoleName })).AttachedPolicies
  assert.deepEqual(
    attached?.map((policy) => policy.PolicyName),
    ['AutoScalingServiceRolePolicy'],
  )
  await run('CreateInstanceProfile', { InstanceProfileName: 'p' })
  assert.equal(await outcome('UpdateAssumeRolePolicy', { RoleName, PolicyDocument: TRUST_EC2 }), PROTECTED)
  assert.equal(await outcome('PutRolePolicy', { RoleName, PolicyName: 'p', PolicyDocument: ALLOW_LIST }), PROTECTED)
  assert.equal(await outcome('AttachRolePolicy', { RoleName, PolicyArn }), PROTECTED)
  assert.equal(await outcome('PutRolePermissionsBoundary', { RoleName, PermissionsBoundary: PolicyArn }), PROTECTED)
  assert.equal(await outcome('AddRoleToInstanceProfile', { RoleName, InstanceProfileName: 'p' }), PROTECTED)
  assert.equal(await outcome('DeleteRole', { RoleName }), PROTECTED)
  assert.equal(
    await outcome('UpdateRole', { RoleName, MaxSessionDuration: 7200 }),
    `UnmodifiableEntity: ${RoleName} is an AWS service linked role, max session duration cannot be changed.`,
  )
  assert.equal(await outcome('UpdateRole', { RoleName, Description: 'new' }), 'ok')
  assert.equal(await outcome('TagRole', { RoleName, Tags: [{ Key: 'a', Value: 'b' }] }), 'ok')
  const { DeletionTaskId } = await run('DeleteServiceLinkedRole', { RoleName })
  assert.match(DeletionTaskId, new RegExp(`^task/aws-service-role/${AWSServiceName}/${RoleName}/[0-9a-f-]{36}$`))
  assert.equal((await run('GetServiceLinkedRoleDeletionStatus', { DeletionTaskId })).Status, 'SUCCEEDED')
  assert.equal(await outcome('GetRole', { RoleName }), `NoSuchEntity: The role with name ${RoleName} cannot be found.`)
})

worldTest('what is refused', async ({ run, outcome, asks }) => {
  await run('CreateRole', { RoleName: 'ordinary', AssumeRolePolicyDocument: TRUST_EC2 })
  assert.equal(
    await outcome('DeleteServiceLinkedRole', { RoleName: 'ordinary' }),
    'NoSuchEntity: ordinary exists but is not a service role.',
  )
  assert.equal(
    await outcome('CreateServiceLinkedRole', { AWSServiceName: 'ecs.amazonaws.com', CustomSuffix: 'probe' }),
    'InvalidInput: Custom suffix is not allowed for ecs.amazonaws.com',
  )
  assert.match(
    await outcome('CreateServiceLinkedRole', { AWSServiceName: 'unheard-of.amazonaws.com' }),
    /^NotImplemented: /,
  )
  assert.match(
    await outcome('CreateRole', { RoleName: 'r', Path: '/aws-service-role/x/', AssumeRolePolicyDocument: TRUST_EC2 }),
    /^InvalidInput: /,
  )
  const unknown = 'task/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS/00000000-0000-0000-0000-000000000000'
  const status = (DeletionTaskId: string) => outcome('GetServiceLinkedRoleDeletionStatus', { DeletionTaskId })
  assert.equal(await status(unknown), 'NoSuchEntity: Cannot find deletion status for given id.')
  assert.equal(await status('task'), 'InvalidInput: Invalid task id')
  const [create] = questions(await asks('CreateServiceLinkedRole', { AWSServiceName: 'ecs.amazonaws.com' }))
  const resource = 'arn:aws:iam::111111111111:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS'
  assert.deepEqual([create?.resource, create?.context], [resource, { 'iam:AWSServiceName': 'ecs.amazonaws.com' }])
  const [asked] = questions(await asks('GetServiceLinkedRoleDeletionStatus', { DeletionTaskId: unknown }))
  assert.equal(asked?.resource, resource)
})

test('every service-linked role has a policy in the catalogue, and a name of its own', () => {
  const catalogue = loadManagedPolicyCatalogue()
  const rows = [...SERVICE_LINKED_NAMES.values()]
  const missing = rows.filter((row) => !catalogue.get(`arn:aws:iam::aws:policy/aws-service-role/${row.policy}`))
  assert.deepEqual(missing, [])
  assert.equal(new Set(rows.map((row) => row.roleName)).size, rows.length)
  assert.ok(rows.every((row) => row.roleName.length <= 64))
})

worldTest('an alias is one to an account and nobody else’s', async ({ run, outcome }) => {
  await run('CreateAccountAlias', { AccountAlias: 'home' })
  await run('CreateAccountAlias', { AccountAlias: 'house' })
  assert.deepEqual((await run('ListAccountAliases', {})).AccountAliases, ['house'])
  assert.equal(
    await outcome('CreateAccountAlias', { AccountAlias: 'house' }, rootOf(AWAY)),
    'EntityAlreadyExists: The account alias house already exists.',
  )
  assert.equal(await outcome('CreateAccountAlias', { AccountAlias: 'home' }, rootOf(AWAY)), 'ok')
  await run('DeleteAccountAlias', { AccountAlias: 'house' })
  assert.equal(
    await outcome('DeleteAccountAlias', { AccountAlias: 'house' }),
    'NoSuchEntity: The account alias house cannot be found.',
  )
})
