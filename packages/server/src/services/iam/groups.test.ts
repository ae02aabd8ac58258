import assert from 'node:assert/strict'
import { ALLOW_LIST, worldTest } from './testing/world.ts'

worldTest('groups and their members', async ({ run, outcome }) => {
  const { Group } = await run('CreateGroup', { GroupName: 'Team', Path: '/p/' })
  assert.equal(Group?.Arn, 'arn:aws:iam::111111111111:group/p/Team')
  assert.equal(
    await outcome('CreateGroup', { GroupName: 'team' }),
    'EntityAlreadyExists: Group with name team already exists.',
  )
  for (const UserName of ['alice', 'bob']) {
    await run('CreateUser', { UserName, Tags: [{ Key: 'a', Value: 'b' }] })
    await run('AddUserToGroup', { GroupName: 'TEAM', UserName })
  }
  assert.equal(await outcome('AddUserToGroup', { GroupName: 'team', UserName: 'alice' }), 'ok')
  const first = await run('GetGroup', { GroupName: 'team', MaxItems: 1 })
  assert.deepEqual([first.Users.map((user) => user.UserName), first.IsTruncated], [['alice'], true])
  assert.equal(first.Users[0]?.Tags, undefined)
  const second = await run('GetGroup', { GroupName: 'team', Marker: first.Marker })
  assert.deepEqual([second.Users.map((user) => user.UserName), second.IsTruncated], [['bob'], false])
  await run('UpdateGroup', { GroupName: 'team', NewGroupName: 'crew' })
  assert.deepEqual(
    (await run('ListGroupsForUser', { UserName: 'bob' })).Groups.map((item) => item.GroupName),
    ['crew'],
  )
  assert.equal((await run('GetGroup', { GroupName: 'crew' })).Users.length, 2)
  assert.equal(
    await outcome('DeleteGroup', { GroupName: 'crew' }),
    'DeleteConflict: Cannot delete entity, must remove users from group first.',
  )
  for (const UserName of ['alice', 'bob', 'alice']) await run('RemoveUserFromGroup', { GroupName: 'crew', UserName })
  await run('PutGroupPolicy', { GroupName: 'crew', PolicyName: 'p', PolicyDocument: ALLOW_LIST })
  assert.equal(
    await outcome('DeleteGroup', { GroupName: 'crew' }),
    'DeleteConflict: Cannot delete entity, must delete policies first.',
  )
  await run('DeleteGroupPolicy', { GroupName: 'crew', PolicyName: 'p' })
  assert.equal(await outcome('DeleteGroup', { GroupName: 'crew' }), 'ok')
})

worldTest('what is not there, and what is too much', async ({ run, outcome }) => {
  await run('CreateUser', { UserName: 'alice' })
  await run('CreateGroup', { GroupName: 'a' })
  await run('CreateGroup', { GroupName: 'b' })
  const none = 'NoSuchEntity: The group with name nope cannot be found.'
  assert.equal(await outcome('AddUserToGroup', { GroupName: 'nope', UserName: 'alice' }), none)
  assert.equal(await outcome('RemoveUserFromGroup', { GroupName: 'nope', UserName: 'alice' }), none)
  assert.equal(await outcome('UpdateGroup', { GroupName: 'nope', NewGroupName: 'x' }), none)
  assert.equal(await outcome('DeleteGroup', { GroupName: 'nope' }), none)
  const nobody = 'NoSuchEntity: The user with name nobody cannot be found.'
  assert.equal(await outcome('AddUserToGroup', { GroupName: 'a', UserName: 'nobody' }), nobody)
  assert.equal(await outcome('ListGroupsForUser', { UserName: 'nobody' }), nobody)
  assert.equal(
    await outcome('UpdateGroup', { GroupName: 'a', NewGroupName: 'B' }),
    'EntityAlreadyExists: Group with name B already exists.',
  )
  for (let index = 0; index < 10; index++) {
    await run('CreateGroup', { GroupName: `g${index}` })
    await run('AddUserToGroup', { GroupName: `g${index}`, UserName: 'alice' })
  }
  assert.equal(
    await outcome('AddUserToGroup', { GroupName: 'a', UserName: 'alice' }),
    'LimitExceeded: Cannot exceed quota for GroupsPerUser: 10',
  )
  assert.deepEqual((await run('ListGroups', { PathPrefix: '/x/' })).Groups, [])
})
