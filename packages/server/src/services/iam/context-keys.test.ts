import assert from 'node:assert/strict'
import { TRUST_EC2, worldTest } from './testing/world.ts'

type Json = Readonly<Record<string, unknown>>
const allow = (more: Json = {}): Json => ({ Effect: 'Allow', Action: 's3:GetObject', Resource: '*', ...more })
const document = (statement: Json, Version = '2012-10-17') => JSON.stringify({ Version, Statement: [statement] })
const asking = (key: string) => document(allow({ Condition: { StringEquals: { [key]: '1' } } }))

const cases: readonly [name: string, texts: readonly string[], want: readonly string[] | string][] = [
  [
    'both spellings, as written',
    [document(allow({ Condition: { StringEquals: { 'AWS:UserName': 'a', 'aws:username': 'b' } } }))],
    ['AWS:UserName', 'aws:username'],
  ],
  ['a variable in a resource', [document(allow({ Resource: 'arn:aws:s3:::b/${aws:username}' }))], ['aws:username']],
  [
    'a variable with a default',
    [document(allow({ Resource: "arn:aws:s3:::b/${aws:username, 'x'}" }))],
    ['aws:username'],
  ],
  [
    'a variable in a value',
    [document(allow({ Condition: { StringEquals: { 'aws:PrincipalTag/a': '${aws:userid}' } } }))],
    ['aws:PrincipalTag/a', 'aws:userid'],
  ],
  ['the three escapes', [document(allow({ Resource: 'arn:aws:s3:::b/${*}${?}${$}' }))], ['*', '?', '$']],
  ['2008 has no variables', [document(allow({ Resource: 'arn:aws:s3:::b/${aws:username}' }), '2008-10-17')], []],
  [
    'an unknown operator',
    [document(allow({ Condition: { Wrong: { 'a:b': 'c' } } }))],
    'InvalidInput: Syntax errors in policy.',
  ],
  ['no effect', [document({ Action: 's3:GetObject', Resource: '*' })], 'InvalidInput: Syntax errors in policy.'],
  [
    'a strange member',
    ['{"Version":"2012-10-17","Extra":1,"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}'],
    'InvalidInput: Syntax errors in policy.',
  ],
  ['no JSON', ['oops'], 'InvalidInput: Syntax errors in policy.'],
  ['no resource', [document({ Effect: 'Allow', Action: 's3:GetObject' })], []],
  ['an action without vendor', [document(allow({ Action: 'abc' }))], []],
  ['no statement', ['{"Version":"2012-10-17"}'], []],
  ['a variable in an action', [document(allow({ Action: 's3:${aws:username}' }))], []],
  [
    'a variable as key',
    [document(allow({ Condition: { StringEquals: { '${aws:username}': 'a' } } }))],
    ['${aws:username}'],
  ],
  [
    'one document, one key',
    [document(allow({ Condition: { StringEquals: { 'a:b': '1' }, StringLike: { 'a:b': '2' } } }))],
    ['a:b'],
  ],
  [
    'two documents, two keys',
    [asking('a:b'), document(allow({ Condition: { StringEquals: { 'a:b': '2' } } }))],
    ['a:b', 'a:b'],
  ],
]

worldTest('keys of documents that are given', async ({ run, outcome }) => {
  for (const [name, PolicyInputList, want] of cases) {
    const got =
      typeof want === 'string'
        ? await outcome('GetContextKeysForCustomPolicy', { PolicyInputList })
        : (await run('GetContextKeysForCustomPolicy', { PolicyInputList })).ContextKeyNames
    assert.deepEqual(got, want, name)
  }
})

worldTest('keys of a principal: its own, its groups, its boundary', async ({ run, outcome }) => {
  const managed = async (PolicyName: string, key: string) =>
    (await run('CreatePolicy', { PolicyName, PolicyDocument: asking(key) })).Policy?.Arn ?? ''
  const shared = await managed('shared', 'x:Managed')
  const boundary = await managed('boundary', 'x:BoundaryOnly')
  await run('CreateUser', { UserName: 'u', Path: '/p/', PermissionsBoundary: boundary })
  await run('CreateGroup', { GroupName: 'g' })
  await run('AddUserToGroup', { GroupName: 'g', UserName: 'u' })
  await run('PutUserPolicy', { UserName: 'u', PolicyName: 'own', PolicyDocument: asking('x:UserInline') })
  await run('PutGroupPolicy', { GroupName: 'g', PolicyName: 'own', PolicyDocument: asking('x:GroupInline') })
  await run('AttachUserPolicy', { UserName: 'u', PolicyArn: shared })
  await run('AttachGroupPolicy', { GroupName: 'g', PolicyArn: shared })
  const keys = async (resource: string, PolicyInputList?: readonly string[]) => {
    const PolicySourceArn = `arn:aws:iam::111111111111:${resource}`
    const answer = await run('GetContextKeysForPrincipalPolicy', { PolicySourceArn, PolicyInputList })
    return [...(answer.ContextKeyNames ?? [])].sort()
  }
  // The path in the ARN is not looked at.
  assert.deepEqual(await keys('user/u'), ['x:BoundaryOnly', 'x:GroupInline', 'x:Managed', 'x:UserInline'])
  const twice = await keys('user/p/U', [asking('x:UserInline')])
  assert.equal(twice.filter((key) => key === 'x:UserInline').length, 2)
  assert.deepEqual(await keys('group/g'), ['x:GroupInline', 'x:Managed'])
  await run('CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: TRUST_EC2 })
  assert.deepEqual(await keys('role/r'), [])
  const PolicySourceArn = 'arn:aws:iam::111111111111:user/nobody'
  assert.equal(
    await outcome('GetContextKeysForPrincipalPolicy', { PolicySourceArn }),
    'NoSuchEntity: Unable to retrieve specified IAM entity.',
  )
})
