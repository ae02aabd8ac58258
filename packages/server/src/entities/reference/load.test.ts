import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyCovers } from '@understudy/policy'
import { serviceReference } from './load.ts'

const reference = serviceReference()

const actions: readonly (readonly [name: string, spelled: string | undefined, types: string])[] = [
  ['s3:getobject', 's3:GetObject', 'accesspointobject object'],
  ['S3:GetObject', 's3:GetObject', 'accesspointobject object'],
  ['ec2:DescribeInstances', 'ec2:DescribeInstances', ''],
  ['sts:AssumeRole', 'sts:AssumeRole', 'role'],
  ['s3:GetObjects', undefined, ''],
  ['nosuch:Thing', undefined, ''],
  ['GetObject', undefined, ''],
]
for (const [name, spelled, types] of actions)
  test(`the action ${name}`, () => {
    const found = reference.action(name)
    assert.equal(found?.name, spelled)
    assert.equal((found?.resources ?? []).map(({ type }) => type).join(' '), types)
  })

test('keys know their types', () => {
  assert.deepEqual(reference.globalKey('aws:principaltag/team'), {
    key: 'aws:PrincipalTag/*',
    type: 'string',
    multivalued: false,
  })
  assert.equal(reference.globalKey('aws:SourceIp')?.type, 'ip')
  assert.equal(reference.globalKey('aws:SourceIpx'), undefined)
  assert.equal(reference.serviceKey('s3', 's3:max-keys')?.type, 'numeric')
  assert.ok(reference.action('s3:GetObject')?.keys.some(({ key }) => key === 's3:ExistingObjectTag/*'))
})

test('every action names its service and only known types of resources', () => {
  assert.ok(reference.serviceNames.length > 400)
  const all = reference.serviceNames.flatMap((name) => reference.actionsOf(name))
  assert.ok(all.length > 20_000, `${all.length}`)
  assert.deepEqual(
    all.filter(({ name, resources }) => !name.includes(':') || resources.some(({ arn }) => !arn.startsWith('arn:'))),
    [],
  )
})

test('a variable part is never empty', () => {
  assert.equal(keyCovers('aws:RequestTag/*', 'aws:requesttag/a'), true)
  assert.equal(keyCovers('aws:RequestTag/*', 'aws:RequestTag/'), false)
  assert.equal(
    keyCovers(
      'codebuild:environment.environmentVariables/*.value',
      'codebuild:environment.environmentVariables/A.value',
    ),
    true,
  )
})
