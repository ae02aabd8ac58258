import assert from 'node:assert/strict'
import { accessKeySealOwner, accessKeys } from '../../entities/iam.ts'
import { ALLOW_LIST, HOME, worldTest, questions, rootOf, userNamed } from './testing/world.ts'

const ALICE = 'The user with name alice cannot be found.'

worldTest('users, from creation to the end', async ({ run, outcome }) => {
  const { User } = await run('CreateUser', { UserName: 'Alice', Path: '/p/', Tags: [{ Key: 'Team', Value: 'One' }] })
  assert.match(User?.UserId ?? '', /^AIDA[A-Z2-7]{17}$/)
  assert.equal(User?.Arn, 'arn:aws:iam::111111111111:user/p/Alice')
  assert.equal(User?.CreateDate.toISOString(), '2026-01-02T03:04:05.000Z')
  assert.deepEqual(User?.Tags, [{ Key: 'Team', Value: 'One' }])
  assert.equal(
    await outcome('CreateUser', { UserName: 'ALICE' }),
    'EntityAlreadyExists: User with name ALICE already exists.',
  )
  assert.equal((await run('GetUser', { UserName: 'aLICE' })).User.UserName, 'Alice')
  const listed = (await run('ListUsers', { PathPrefix: '/p' })).Users
  assert.deepEqual(Object.keys(listed[0] ?? {}).sort(), ['Arn', 'CreateDate', 'Path', 'UserId', 'UserName'])
  assert.deepEqual((await run('ListUsers', { PathPrefix: '/q/' })).Users, [])
  assert.equal(await outcome('DeleteUser', { UserName: 'alice' }), 'ok')
  assert.equal(await outcome('GetUser', { UserName: 'alice' }), `NoSuchEntity: ${ALICE}`)
})

worldTest('a renamed user keeps id, keys and groups, and the old name is free', async ({ run, outcome }) => {
  const before = (await run('CreateUser', { UserName: 'alice' })).User
  await run('CreateUser', { UserName: 'carol' })
  await run('CreateGroup', { GroupName: 'team' })
  await run('AddUserToGroup', { GroupName: 'team', UserName: 'alice' })
  const key = (await run('CreateAccessKey', { UserName: 'alice' })).AccessKey
  assert.equal(
    await outcome('UpdateUser', { UserName: 'alice', NewUserName: 'CAROL' }),
    'EntityAlreadyExists: User with name CAROL already exists.',
  )
  await run('UpdateUser', { UserName: 'alice', NewUserName: 'bob', NewPath: '/new/' })
  assert.equal(await outcome('GetUser', { UserName: 'alice' }), `NoSuchEntity: ${ALICE}`)
  const after = (await run('GetUser', { UserName: 'bob' })).User
  assert.deepEqual([after.UserId, after.Arn], [before?.UserId, 'arn:aws:iam::111111111111:user/new/bob'])
  const metadata = (await run('ListAccessKeys', { UserName: 'bob' })).AccessKeyMetadata
  assert.deepEqual(
    metadata.map((item) => [item.AccessKeyId, item.UserName]),
    [[key.AccessKeyId, 'bob']],
  )
  assert.deepEqual(
    (await run('GetGroup', { GroupName: 'team' })).Users.map((user) => user.UserName),
    ['bob'],
  )
  await run('UpdateUser', { UserName: 'bob', NewUserName: 'Bob' })
  assert.equal((await run('GetUser', { UserName: 'bob' })).User.UserName, 'Bob')
  assert.equal(await outcome('CreateUser', { UserName: 'alice' }), 'ok')
})

worldTest('what a user still has keeps it from being deleted', async ({ run, outcome }) => {
  await run('CreateUser', { UserName: 'alice' })
  await run('CreateGroup', { GroupName: 'team' })
  const { AccessKeyId } = (await run('CreateAccessKey', { UserName: 'alice' })).AccessKey
  await run('AddUserToGroup', { GroupName: 'team', UserName: 'alice' })
  await run('PutUserPolicy', { UserName: 'alice', PolicyName: 'own', PolicyDocument: ALLOW_LIST })
  const PolicyArn = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
  await run('AttachUserPolicy', { UserName: 'alice', PolicyArn })
  const remove = () => outcome('DeleteUser', { UserName: 'alice' })
  const conflict = 'DeleteConflict: Cannot delete entity, must'
  assert.equal(await remove(), `${conflict} detach all policies first.`)
  await run('DetachUserPolicy', { UserName: 'alice', PolicyArn })
  assert.equal(await remove(), `${conflict} delete policies first.`)
  await run('DeleteUserPolicy', { UserName: 'alice', PolicyName: 'OWN' })
  assert.equal(await remove(), `${conflict} delete access keys first.`)
  await run('DeleteAccessKey', { UserName: 'alice', AccessKeyId })
  assert.equal(await remove(), `${conflict} remove users from group first.`)
  await run('RemoveUserFromGroup', { GroupName: 'team', UserName: 'alice' })
  assert.equal(await remove(), 'ok')
})

worldTest('without UserName a call is about the caller', async ({ run, outcome, asks }) => {
  await run('CreateUser', { UserName: 'caller', Path: '/p/' })
  assert.equal((await run('GetUser', {}, userNamed('caller'))).User.UserName, 'caller')
  assert.deepEqual(
    questions(await asks('GetUser', {}, userNamed('caller')))[0]?.resource,
    'arn:aws:iam::111111111111:user/p/caller',
  )
  const root = (await run('GetUser', {}, rootOf())).User
  assert.deepEqual(root, { UserId: HOME, Arn: 'arn:aws:iam::111111111111:root', CreateDate: new Date(1000) })
  const key = (await run('CreateAccessKey', {}, userNamed('caller'))).AccessKey
  assert.equal(key.UserName, 'caller')
  assert.equal((await run('ListAccessKeys', {}, rootOf())).AccessKeyMetadata.length, 0)
  const session = { ...rootOf(), kind: 'federated-user' } as never
  const must = 'ValidationError: Must specify userName when calling with non-User credentials'
  assert.equal(await outcome('GetUser', {}, session), must)
  assert.equal(await outcome('DeleteAccessKey', { AccessKeyId: key.AccessKeyId }, session), must)
})

worldTest('access keys: two to a user, opened by nobody but their owner', async ({ run, outcome, store, call }) => {
  const { UserId = '' } = (await run('CreateUser', { UserName: 'alice' })).User ?? {}
  const key = (await run('CreateAccessKey', { UserName: 'ALICE' })).AccessKey
  await run('CreateAccessKey', { UserName: 'alice' })
  assert.equal(
    await outcome('CreateAccessKey', { UserName: 'alice' }),
    'LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2',
  )
  assert.match(key.AccessKeyId, /^AKIA[A-Z2-7]{16}$/)
  assert.match(key.SecretAccessKey, /^[A-Za-z0-9+/]{40}$/)
  const row = await store.read((reader) => reader.get(accessKeys, HOME, key.AccessKeyId))
  const sealed = row?.sealedSecret ?? ''
  assert.ok(!sealed.includes(key.SecretAccessKey))
  const { vault } = call.platform
  assert.equal(vault.open(sealed, accessKeySealOwner(HOME, key.AccessKeyId, UserId)), key.SecretAccessKey)
  assert.throws(() => vault.open(sealed, accessKeySealOwner(HOME, key.AccessKeyId, 'AIDAOTHER')))
  assert.equal(
    await outcome('UpdateAccessKey', { UserName: 'alice', AccessKeyId: key.AccessKeyId, Status: 'Expired' }),
    'InvalidInput: Operation does not support status Expired',
  )
  await run('UpdateAccessKey', { UserName: 'alice', AccessKeyId: key.AccessKeyId, Status: 'Inactive' })
  const states = (await run('ListAccessKeys', { UserName: 'alice' })).AccessKeyMetadata.map((item) => item.Status)
  assert.deepEqual([...states].sort(), ['Active', 'Inactive'])
  await run('CreateUser', { UserName: 'bob' })
  assert.equal(
    await outcome('DeleteAccessKey', { UserName: 'bob', AccessKeyId: key.AccessKeyId }),
    `NoSuchEntity: The Access Key with id ${key.AccessKeyId} cannot be found.`,
  )
  const used = await run('GetAccessKeyLastUsed', { AccessKeyId: key.AccessKeyId })
  assert.deepEqual(used, { UserName: 'alice', AccessKeyLastUsed: { ServiceName: 'N/A', Region: 'N/A' } })
  assert.equal(
    await outcome('GetAccessKeyLastUsed', { AccessKeyId: 'AKIAIOSFODNN7EXAMPLE' }),
    'AccessDenied: User: arn:aws:iam::111111111111:root is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key AKIAIOSFODNN7EXAMPLE',
  )
})

worldTest('questions about users name the stored ARN, the tags and the boundary', async ({ run, asks }) => {
  const PermissionsBoundary = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
  await run('CreateUser', { UserName: 'Alice', Path: '/p/', PermissionsBoundary, Tags: [{ Key: 'team', Value: 'a' }] })
  const [get] = questions(await asks('GetUser', { UserName: 'ALICE' }))
  assert.deepEqual(get, {
    action: 'iam:GetUser',
    resource: 'arn:aws:iam::111111111111:user/p/Alice',
    shownAs: 'user Alice',
    context: { 'aws:ResourceTag/team': 'a', 'iam:ResourceTag/team': 'a' },
  })
  const [put] = questions(
    await asks('PutUserPolicy', { UserName: 'alice', PolicyName: 'p', PolicyDocument: ALLOW_LIST }),
  )
  assert.equal(put?.context?.['iam:PermissionsBoundary'], PermissionsBoundary)
  const PolicyArn = 'arn:aws:iam::aws:policy/PowerUserAccess'
  const [attach] = questions(await asks('AttachUserPolicy', { UserName: 'alice', PolicyArn }))
  assert.equal(attach?.context?.['iam:PolicyARN'], PolicyArn)
  const create = questions(await asks('CreateUser', { UserName: 'bob', Path: '/q/', Tags: [{ Key: 'k', Value: 'v' }] }))
  assert.deepEqual(
    create.map((ask) => [ask.action, ask.resource, ask.context?.['aws:RequestTag/k']]),
    [
      ['iam:CreateUser', 'arn:aws:iam::111111111111:user/q/bob', 'v'],
      ['iam:TagUser', 'arn:aws:iam::111111111111:user/q/bob', 'v'],
    ],
  )
  const rename = questions(await asks('UpdateUser', { UserName: 'alice', NewPath: '/q/' }))
  assert.deepEqual(
    rename.map((ask) => ask.resource.slice(30)),
    ['/p/Alice', '/q/alice'],
  )
  assert.equal(
    questions(await asks('ListUsers', { PathPrefix: '/p/' }))[0]?.resource,
    'arn:aws:iam::111111111111:user/p/',
  )
  const [missing] = questions(await asks('GetUser', { UserName: 'nobody' }))
  assert.equal(missing?.resource, 'arn:aws:iam::111111111111:user/nobody')
})
