import assert from 'node:assert/strict'
import { ALLOW_LIST, worldTest, questions, TRUST_EC2 } from './testing/world.ts'

const arn = (name: string) => `arn:aws:iam::111111111111:policy/${name}`
const LAMBDA = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'

worldTest('a policy and its versions', async ({ run, outcome }) => {
  const create = await run('CreatePolicy', {
    PolicyName: 'P',
    Path: '/a/',
    PolicyDocument: ALLOW_LIST,
    Description: 'd',
  })
  const members = Object.keys(create.Policy ?? {}).sort()
  assert.deepEqual(members, [
    'Arn',
    'AttachmentCount',
    'CreateDate',
    'DefaultVersionId',
    'IsAttachable',
    'Path',
    'PermissionsBoundaryUsageCount',
    'PolicyId',
    'PolicyName',
    'UpdateDate',
  ])
  assert.equal(
    await outcome('CreatePolicy', { PolicyName: 'p', PolicyDocument: ALLOW_LIST }),
    'EntityAlreadyExists: A policy called p already exists. Duplicate names are not allowed.',
  )
  const PolicyArn = arn('a/P')
  const { Policy } = await run('GetPolicy', { PolicyArn })
  assert.deepEqual([Policy?.Description, Policy?.Tags, Policy?.DefaultVersionId], ['d', [], 'v1'])
  for (let index = 0; index < 4; index++)
    await run('CreatePolicyVersion', { PolicyArn, PolicyDocument: ALLOW_LIST, SetAsDefault: index === 1 })
  assert.equal(
    await outcome('CreatePolicyVersion', { PolicyArn, PolicyDocument: ALLOW_LIST }),
    'LimitExceeded: A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.',
  )
  const versions = async () => (await run('ListPolicyVersions', { PolicyArn })).Versions ?? []
  assert.deepEqual(
    (await versions()).map((item) => item.VersionId),
    ['v5', 'v4', 'v3', 'v2', 'v1'],
  )
  assert.equal(
    await outcome('DeletePolicyVersion', { PolicyArn, VersionId: 'v3' }),
    'DeleteConflict: Cannot delete the default version of a policy.',
  )
  const none = `NoSuchEntity: Policy ${PolicyArn} version v9 does not exist or is not attachable.`
  assert.equal(await outcome('DeletePolicyVersion', { PolicyArn, VersionId: 'v9' }), none)
  assert.equal(await outcome('GetPolicyVersion', { PolicyArn, VersionId: 'v9' }), none)
  assert.equal(await outcome('SetDefaultPolicyVersion', { PolicyArn, VersionId: 'v9' }), none)
  await run('DeletePolicyVersion', { PolicyArn, VersionId: 'v5' })
  const next = await run('CreatePolicyVersion', { PolicyArn, PolicyDocument: ALLOW_LIST })
  assert.deepEqual([next.PolicyVersion?.VersionId, next.PolicyVersion?.IsDefaultVersion], ['v6', false])
  await run('SetDefaultPolicyVersion', { PolicyArn, VersionId: 'v1' })
  const version = (await run('GetPolicyVersion', { PolicyArn, VersionId: 'v1' })).PolicyVersion
  assert.deepEqual([version?.IsDefaultVersion, decodeURIComponent(version?.Document ?? '')], [true, ALLOW_LIST])
  assert.match(await outcome('DeletePolicy', { PolicyArn }), /^DeleteConflict: This policy has more than one version\./)
  for (const VersionId of ['v2', 'v3', 'v4', 'v6']) await run('DeletePolicyVersion', { PolicyArn, VersionId })
  await run('CreateUser', { UserName: 'u', PermissionsBoundary: PolicyArn })
  const attached = 'DeleteConflict: Cannot delete a policy attached to entities.'
  assert.equal(await outcome('DeletePolicy', { PolicyArn }), attached)
  await run('DeleteUserPermissionsBoundary', { UserName: 'u' })
  await run('AttachUserPolicy', { UserName: 'u', PolicyArn })
  assert.equal(await outcome('DeletePolicy', { PolicyArn }), attached)
  await run('DetachUserPolicy', { UserName: 'u', PolicyArn })
  assert.equal(await outcome('DeletePolicy', { PolicyArn }), 'ok')
  assert.equal(await outcome('DeletePolicy', { PolicyArn }), `NoSuchEntity: Policy ${PolicyArn} was not found.`)
})

worldTest("AWS's policies can be read and attached, and not changed", async ({ run, outcome, asks }) => {
  await run('CreateUser', { UserName: 'u' })
  const { Policy } = await run('GetPolicy', { PolicyArn: LAMBDA })
  assert.deepEqual([Policy?.Path, Policy?.IsAttachable, Policy?.AttachmentCount], ['/service-role/', true, 0])
  const VersionId = Policy?.DefaultVersionId ?? ''
  const version = (await run('GetPolicyVersion', { PolicyArn: LAMBDA, VersionId })).PolicyVersion
  assert.ok(JSON.parse(decodeURIComponent(version?.Document ?? '')).Statement)
  const refusals: readonly [string, string][] = [
    [await outcome('DeletePolicy', { PolicyArn: LAMBDA }), 'Cannot delete policies outside your own account.'],
    [
      await outcome('DeletePolicyVersion', { PolicyArn: LAMBDA, VersionId: 'v2' }),
      'Cannot delete policy versions for policies outside your own account.',
    ],
    [
      await outcome('SetDefaultPolicyVersion', { PolicyArn: LAMBDA, VersionId: 'v2' }),
      'Cannot update policies outside your own account.',
    ],
  ]
  for (const [got, want] of refusals) assert.equal(got, `AccessDenied: ${want}`)
  await run('AttachUserPolicy', { UserName: 'u', PolicyArn: LAMBDA })
  const [ask] = questions(await asks('GetPolicy', { PolicyArn: LAMBDA }))
  assert.deepEqual([ask?.shownAs, ask?.context?.['aws:ResourceAccount']], [`policy ${LAMBDA}`, '639982225848'])
  assert.equal(
    await outcome('AttachUserPolicy', {
      UserName: 'u',
      PolicyArn: 'arn:aws:iam::aws:policy/aws-service-role/AWSSupportServiceRolePolicy',
    }),
    'PolicyNotAttachable: Cannot attach AWS reserved policy to an IAM user.',
  )
  const page = await run('ListPolicies', { Scope: 'AWS', MaxItems: 5 })
  assert.deepEqual([page.Policies?.length, page.IsTruncated], [5, true])
  const used = await run('ListPolicies', { OnlyAttached: true })
  assert.deepEqual(
    used.Policies?.map((item) => [item.Arn, item.AttachmentCount]),
    [[LAMBDA, 1]],
  )
})

worldTest('four policies: attached, bounding, both, unused', async ({ run }) => {
  for (const PolicyName of ['attached', 'both', 'boundary', 'unused'])
    await run('CreatePolicy', { PolicyName, PolicyDocument: ALLOW_LIST })
  await run('CreateGroup', { GroupName: 'g' })
  await run('CreateUser', { UserName: 'u', PermissionsBoundary: arn('boundary') })
  await run('CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: TRUST_EC2, PermissionsBoundary: arn('both') })
  await run('AttachUserPolicy', { UserName: 'u', PolicyArn: arn('attached') })
  await run('AttachGroupPolicy', { GroupName: 'g', PolicyArn: arn('attached') })
  await run('AttachRolePolicy', { RoleName: 'r', PolicyArn: arn('attached') })
  await run('AttachGroupPolicy', { GroupName: 'g', PolicyArn: arn('both') })
  const list = async (OnlyAttached: boolean, PolicyUsageFilter?: 'PermissionsPolicy' | 'PermissionsBoundary') =>
    (await run('ListPolicies', { Scope: 'Local', OnlyAttached, PolicyUsageFilter })).Policies?.map(
      (item) => item.PolicyName,
    )
  const all = ['attached', 'both', 'boundary', 'unused']
  assert.deepEqual(await list(true), ['attached', 'both', 'boundary'])
  assert.deepEqual(await list(true, 'PermissionsPolicy'), ['attached', 'both'])
  assert.deepEqual(await list(true, 'PermissionsBoundary'), ['both', 'boundary'])
  assert.deepEqual(await list(false), all)
  assert.deepEqual(await list(false, 'PermissionsBoundary'), all)
  const entities = async (name: string, more = {}) => {
    const found = await run('ListEntitiesForPolicy', { PolicyArn: arn(name), ...more })
    return [found.PolicyUsers, found.PolicyGroups, found.PolicyRoles].map((items) => items?.length).join(' ')
  }
  assert.equal(await entities('attached'), '1 1 1')
  assert.equal(await entities('attached', { PolicyUsageFilter: 'PermissionsBoundary' }), '0 0 0')
  assert.equal(await entities('boundary', { PolicyUsageFilter: 'PermissionsBoundary' }), '1 0 0')
  assert.equal(await entities('boundary', { PolicyUsageFilter: 'PermissionsPolicy' }), '0 0 0')
  assert.equal(await entities('both'), '0 1 1')
  assert.equal(await entities('unused'), '0 0 0')
  assert.equal(await entities('attached', { EntityFilter: 'Role' }), '0 0 1')
  assert.equal(await entities('attached', { EntityFilter: 'LocalManagedPolicy' }), '0 0 0')
  const { Policy } = await run('GetPolicy', { PolicyArn: arn('attached') })
  assert.deepEqual([Policy?.AttachmentCount, Policy?.PermissionsBoundaryUsageCount], [3, 0])
  const { SummaryMap } = await run('GetAccountSummary', {})
  assert.deepEqual([SummaryMap?.Policies, SummaryMap?.PolicyVersionsInUse, SummaryMap?.Roles], [4, 3, 1])
  const PolicyUsers = await run('ListEntitiesForPolicy', { PolicyArn: arn('attached'), MaxItems: 1 })
  assert.equal(PolicyUsers.IsTruncated, true)
})

worldTest('attaching: what is not valid, not there, or too much', async ({ run, outcome }) => {
  await run('CreateUser', { UserName: 'u' })
  const attach = (PolicyArn: string) => outcome('AttachUserPolicy', { UserName: 'u', PolicyArn })
  assert.equal(await attach('longpolicynamebutnoarn'), 'ValidationError: ARN longpolicynamebutnoarn is not valid.')
  assert.equal(await attach(arn('x')), `NoSuchEntity: Policy ${arn('x')} does not exist or is not attachable.`)
  await run('CreatePolicy', { PolicyName: 'x', PolicyDocument: ALLOW_LIST })
  assert.equal(
    await outcome('DetachUserPolicy', { UserName: 'u', PolicyArn: arn('x') }),
    `NoSuchEntity: Policy ${arn('x')} was not found.`,
  )
  for (let index = 0; index < 10; index++) {
    await run('CreatePolicy', { PolicyName: `p${index}`, PolicyDocument: ALLOW_LIST })
    await run('AttachUserPolicy', { UserName: 'u', PolicyArn: arn(`p${index}`) })
  }
  assert.equal(await attach(arn('p0')), 'ok')
  assert.equal(await attach(arn('x')), 'LimitExceeded: Cannot exceed quota for PoliciesPerUser: 10')
  const page = await run('ListAttachedUserPolicies', { UserName: 'u', MaxItems: 4 })
  const rest = await run('ListAttachedUserPolicies', { UserName: 'u', Marker: page.Marker })
  assert.deepEqual([page.AttachedPolicies?.length, rest.AttachedPolicies?.length], [4, 6])
  assert.equal(
    await outcome('ListAttachedUserPolicies', { UserName: 'u', PathPrefix: '/x/', Marker: page.Marker }),
    'ValidationError: Invalid Marker.',
  )
})

worldTest('inline policies: one name in any case, sizes without white space', async ({ run, outcome }) => {
  await run('CreateUser', { UserName: 'u' })
  const put = (PolicyName: string, PolicyDocument: string) =>
    outcome('PutUserPolicy', { UserName: 'u', PolicyName, PolicyDocument })
  await put('MixedName', ALLOW_LIST)
  const spaced = ALLOW_LIST.replaceAll(',', ',\n   ')
  assert.equal(await put('mixedname', spaced), 'ok')
  assert.deepEqual((await run('ListUserPolicies', { UserName: 'u' })).PolicyNames, ['MixedName'])
  const got = await run('GetUserPolicy', { UserName: 'U', PolicyName: 'MIXEDNAME' })
  assert.deepEqual([got.UserName, got.PolicyName, decodeURIComponent(got.PolicyDocument)], ['U', 'MIXEDNAME', spaced])
  const long = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: Array.from({ length: 150 }, (_, i) => `s3:Action${i}`), Resource: '*' }],
  })
  assert.equal(await put('long', long), 'LimitExceeded: Maximum policy size of 2048 bytes exceeded for user u')
  assert.equal(await put('blanks', ALLOW_LIST + ' '.repeat(4000)), 'ok')
  assert.match(await put('bad', '{}'), /^MalformedPolicyDocument: /)
  const none = 'NoSuchEntity: The user policy with name nope cannot be found.'
  assert.equal(await outcome('GetUserPolicy', { UserName: 'u', PolicyName: 'nope' }), none)
  assert.equal(await outcome('DeleteUserPolicy', { UserName: 'u', PolicyName: 'nope' }), none)
  assert.equal(await outcome('DeleteUserPolicy', { UserName: 'u', PolicyName: 'mIXEDnAME' }), 'ok')
  assert.match(await outcome('DeleteUserPermissionsBoundary', { UserName: 'u' }), /^NoSuchEntity/)
})

worldTest('documents are encoded with nothing but unreserved characters left bare', async ({ run }) => {
  await run('CreateUser', { UserName: 'u' })
  const PolicyDocument = ALLOW_LIST.replace('"*"', '"arn:aws:s3:::probe-bucket/space + percent%/é(*)!\'~_.-"')
  await run('PutUserPolicy', { UserName: 'u', PolicyName: 'p', PolicyDocument })
  const text = (await run('GetUserPolicy', { UserName: 'u', PolicyName: 'p' })).PolicyDocument
  assert.match(text, /space%20%2B%20percent%25%2F%C3%A9%28%2A%29%21%27~_\.-%22/)
  assert.equal(decodeURIComponent(text), PolicyDocument)
})

worldTest('tags of policies', async ({ run, outcome }) => {
  const PolicyArn = arn('p')
  await run('CreatePolicy', { PolicyName: 'p', PolicyDocument: ALLOW_LIST, Tags: [{ Key: 'a', Value: '1' }] })
  await run('TagPolicy', { PolicyArn, Tags: [{ Key: 'A', Value: '2' }] })
  assert.equal((await run('ListPolicyTags', { PolicyArn })).Tags.length, 2)
  await run('UntagPolicy', { PolicyArn, TagKeys: ['a'] })
  assert.deepEqual((await run('ListPolicyTags', { PolicyArn })).Tags, [{ Key: 'A', Value: '2' }])
  const none = `NoSuchEntity: Policy ${arn('nope')} was not found.`
  assert.equal(await outcome('TagPolicy', { PolicyArn: arn('nope'), Tags: [{ Key: 'a', Value: '' }] }), none)
  assert.equal(await outcome('UntagPolicy', { PolicyArn: arn('nope'), TagKeys: ['a'] }), none)
})
