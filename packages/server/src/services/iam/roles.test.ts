import assert from 'node:assert/strict'
import { ALLOW_LIST, AWAY, documentOf, worldTest, questions, rootOf, TRUST_EC2, trusting } from './testing/world.ts'

const BOUNDARY = 'arn:aws:iam::aws:policy/ReadOnlyAccess'

worldTest('each answer shows the members that AWS shows there', async ({ run }) => {
  const sent =
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sts:AssumeRole"],"Principal":{"Service":["ec2.amazonaws.com"]}}]}'
  const created = await run('CreateRole', {
    RoleName: 'probe',
    Path: '/probe/',
    AssumeRolePolicyDocument: sent,
    Description: 'text',
    MaxSessionDuration: 7200,
    PermissionsBoundary: BOUNDARY,
    Tags: [{ Key: 'team', Value: 'probe' }],
  })
  const base = ['Arn', 'AssumeRolePolicyDocument', 'CreateDate', 'Path', 'RoleId', 'RoleName']
  const members = (value: object | undefined) => Object.keys(value ?? {}).sort()
  assert.deepEqual(members(created.Role), [...base, 'PermissionsBoundary', 'Tags'].sort())
  assert.equal(decodeURIComponent(created.Role.AssumeRolePolicyDocument ?? ''), sent)
  assert.deepEqual(created.Role.PermissionsBoundary, {
    PermissionsBoundaryType: 'Policy',
    PermissionsBoundaryArn: BOUNDARY,
  })
  const { Role } = await run('GetRole', { RoleName: 'PROBE' })
  const whole = [...base, 'Description', 'MaxSessionDuration', 'PermissionsBoundary', 'RoleLastUsed', 'Tags'].sort()
  assert.deepEqual(members(Role), whole)
  assert.equal(decodeURIComponent(Role.AssumeRolePolicyDocument ?? ''), TRUST_EC2)
  assert.deepEqual([Role.MaxSessionDuration, Role.RoleLastUsed], [7200, {}])
  const { Roles } = await run('ListRoles', { PathPrefix: '/probe/' })
  assert.deepEqual(members(Roles[0]), [...base, 'Description', 'MaxSessionDuration'].sort())
  const updated = await run('UpdateRoleDescription', { RoleName: 'probe', Description: 'new' })
  assert.deepEqual(members(updated.Role), [...base, 'Description'].sort())
})

worldTest('members left out of an update keep their value, and an empty description is one', async ({ run }) => {
  await run('CreateRole', { RoleName: 'a', AssumeRolePolicyDocument: TRUST_EC2, MaxSessionDuration: 7200 })
  const state = async () => {
    const { Role } = await run('GetRole', { RoleName: 'a' })
    return [Role.Description, Role.MaxSessionDuration]
  }
  await run('UpdateRole', { RoleName: 'a', Description: 'changed' })
  assert.deepEqual(await state(), ['changed', 7200])
  await run('UpdateRole', { RoleName: 'a' })
  assert.deepEqual(await state(), ['changed', 7200])
  await run('UpdateRole', { RoleName: 'a', Description: '', MaxSessionDuration: 43200 })
  assert.deepEqual(await state(), ['', 43200])
})

worldTest('roles that are refused', async ({ run, outcome }) => {
  const create = (trust: string, more = {}) =>
    outcome('CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: trust, ...more })
  const nope = 'arn:aws:iam::111111111111:user/nope'
  assert.equal(await create(trusting(nope)), `MalformedPolicyDocument: Invalid principal in policy: "AWS":"${nope}"`)
  assert.equal(await create('{"oops"'), 'MalformedPolicyDocument: This policy contains invalid Json')
  assert.equal(
    await create(TRUST_EC2, { PermissionsBoundary: 'arn:aws:iam::111111111111:not_a_policy/invalid' }),
    'InvalidInput: ARN arn:aws:iam::111111111111:not_a_policy/invalid is not valid.',
  )
  const boundary = 'arn:aws:iam::111111111111:policy/nope'
  assert.equal(
    await create(TRUST_EC2, { PermissionsBoundary: boundary }),
    `NoSuchEntity: Scope ARN: ${boundary} does not exist or is not attachable.`,
  )
  const long = JSON.parse(TRUST_EC2)
  long.Statement[0].Condition = {
    StringEquals: { 'aws:PrincipalTag/x': Array.from({ length: 300 }, (_, i) => `value${i}`) },
  }
  assert.equal(await create(JSON.stringify(long)), 'LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048')
  assert.equal(await create(TRUST_EC2), 'ok')
  assert.equal(await create(TRUST_EC2), 'EntityAlreadyExists: Role with name r already exists.')
  assert.equal(
    await outcome('UpdateAssumeRolePolicy', { RoleName: 'r', PolicyDocument: trusting(nope) }),
    `MalformedPolicyDocument: Invalid principal in policy: "AWS":"${nope}"`,
  )
  assert.equal(documentOf((await run('GetRole', { RoleName: 'r' })).Role.AssumeRolePolicyDocument) !== undefined, true)
})

worldTest('a trust policy follows its principal, and never a namesake', async ({ run, outcome }) => {
  const { UserId } = (await run('CreateUser', { UserName: 'alice' })).User ?? {}
  await run('CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: trusting('arn:aws:iam::111111111111:user/alice') })
  const principal = async () => {
    const document = documentOf((await run('GetRole', { RoleName: 'r' })).Role.AssumeRolePolicyDocument)
    return (document as { Statement: [{ Principal: { AWS: string } }] }).Statement[0].Principal.AWS
  }
  assert.equal(await principal(), 'arn:aws:iam::111111111111:user/alice')
  await run('UpdateUser', { UserName: 'alice', NewUserName: 'bob', NewPath: '/p/' })
  assert.equal(await principal(), 'arn:aws:iam::111111111111:user/p/bob')
  await run('DeleteUser', { UserName: 'bob' })
  assert.equal(await principal(), UserId)
  await run('CreateUser', { UserName: 'alice' })
  assert.equal(await principal(), UserId)
  assert.match(
    await outcome('UpdateAssumeRolePolicy', { RoleName: 'r', PolicyDocument: trusting(UserId ?? '') }),
    /Invalid principal/,
  )
})

const principals: readonly [principal: string, taken: boolean][] = [
  ['*', true],
  ['222222222222', true],
  ['arn:aws:iam::222222222222:root', true],
  ['999999999999', true],
  ['arn:aws:iam::999999999999:root', true],
  ['arn:aws:iam::222222222222:user/p/away', true],
  ['arn:aws:iam::222222222222:user/away', false],
  ['arn:aws:iam::222222222222:user/P/away', false],
  ['arn:aws:iam::999999999999:user/somebody', false],
  ['arn:aws:iam::222222222222:role/away', false],
  ['arn:aws:iam::222222222222:group/team', false],
  ['arn:aws:sts::222222222222:federated-user/joe', true],
  ['arn:aws:sts::222222222222:assumed-role/nope/session', false],
  ['arn:aws:sts::111111111111:assumed-role/there/session', true],
]
worldTest('principals of trust policies have to exist', async ({ run, outcome }) => {
  await run('CreateUser', { UserName: 'away', Path: '/p/' }, rootOf(AWAY))
  await run('CreateRole', { RoleName: 'there', AssumeRolePolicyDocument: TRUST_EC2 })
  for (const [principal, taken] of principals) {
    const got = await outcome('UpdateAssumeRolePolicy', { RoleName: 'there', PolicyDocument: trusting(principal) })
    assert.equal(got === 'ok', taken, `${principal}: ${got}`)
  }
})

worldTest('what a role still has keeps it from being deleted', async ({ run, outcome }) => {
  await run('CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: TRUST_EC2 })
  await run('CreateInstanceProfile', { InstanceProfileName: 'p' })
  await run('AddRoleToInstanceProfile', { InstanceProfileName: 'p', RoleName: 'R' })
  await run('AttachRolePolicy', { RoleName: 'r', PolicyArn: BOUNDARY })
  await run('PutRolePolicy', { RoleName: 'r', PolicyName: 'own', PolicyDocument: ALLOW_LIST })
  const remove = () => outcome('DeleteRole', { RoleName: 'r' })
  const conflict = 'DeleteConflict: Cannot delete entity, must'
  assert.equal(await remove(), `${conflict} remove roles from instance profile first.`)
  await run('RemoveRoleFromInstanceProfile', { InstanceProfileName: 'p', RoleName: 'r' })
  assert.equal(await remove(), `${conflict} detach all policies first.`)
  await run('DetachRolePolicy', { RoleName: 'r', PolicyArn: BOUNDARY })
  assert.equal(await remove(), `${conflict} delete policies first.`)
  await run('DeleteRolePolicy', { RoleName: 'r', PolicyName: 'own' })
  assert.equal(await remove(), 'ok')
  assert.equal(await remove(), 'NoSuchEntity: The role with name r cannot be found.')
})

worldTest('an instance profile holds one role, and putting it there is passing it', async ({ run, outcome, asks }) => {
  const RoleName = 'probe-Role'
  const InstanceProfileName = 'probe-Profile'
  await run('CreateRole', { RoleName, Path: '/probe/', AssumeRolePolicyDocument: TRUST_EC2 })
  await run('CreateRole', { RoleName: 'other', AssumeRolePolicyDocument: TRUST_EC2 })
  const Tags = [
    { Key: 'Team', Value: 'one' },
    { Key: 'team', Value: 'two' },
  ]
  const created = (await run('CreateInstanceProfile', { InstanceProfileName, Path: '/probe/', Tags })).InstanceProfile
  assert.deepEqual([created.Roles, created.Tags], [[], Tags])
  assert.equal(
    await outcome('RemoveRoleFromInstanceProfile', { InstanceProfileName, RoleName }),
    `NoSuchEntity: Role ${RoleName} in Instance Profile ${InstanceProfileName} cannot be found.`,
  )
  const both = questions(await asks('AddRoleToInstanceProfile', { InstanceProfileName, RoleName }))
  assert.deepEqual(
    both.map((ask) => [ask.action, ask.resource, ask.shownAs]),
    [
      [
        'iam:AddRoleToInstanceProfile',
        'arn:aws:iam::111111111111:instance-profile/probe/probe-Profile',
        'instance profile probe-Profile',
      ],
      ['iam:PassRole', 'arn:aws:iam::111111111111:role/probe/probe-Role', undefined],
    ],
  )
  assert.equal(both[1]?.context?.['iam:PassedToService'], 'ec2.amazonaws.com')
  await run('AddRoleToInstanceProfile', { InstanceProfileName, RoleName })
  for (const name of [RoleName, 'other'])
    assert.match(await outcome('AddRoleToInstanceProfile', { InstanceProfileName, RoleName: name }), /^LimitExceeded/)
  const got = (await run('GetInstanceProfile', { InstanceProfileName })).InstanceProfile
  assert.equal(Object.keys(got.Roles[0] ?? {}).at(-1), 'AssumeRolePolicyDocument')
  assert.deepEqual(got.Tags, Tags)
  const [listed] = (await run('ListInstanceProfiles', { PathPrefix: '/probe/' })).InstanceProfiles
  assert.deepEqual([listed?.Roles.length, listed?.Tags], [1, undefined])
  assert.equal((await run('ListInstanceProfilesForRole', { RoleName })).InstanceProfiles.length, 1)
  assert.equal(
    await outcome('DeleteInstanceProfile', { InstanceProfileName }),
    'DeleteConflict: Cannot delete entity, must remove roles from instance profile first.',
  )
  await run('RemoveRoleFromInstanceProfile', { InstanceProfileName, RoleName })
  assert.equal(await outcome('DeleteInstanceProfile', { InstanceProfileName }), 'ok')
})
